"""The kinds of ``sco-flat bounds``, one file each."""
