"""Settings of Sphinx for the book; `build.py` lays out the sources and runs it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = "sco_flat"
author = "The sco_flat authors"
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "extension"]
language = "en"
root_doc = "index"
highlight_language = "text"  # of formulas that are set in

html_theme = "furo"
html_title = "Flat minima, by hand and by machine"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False

default_role = "py:obj"
add_module_names = False
toc_object_entries = False  # every page holds the contents of all, and is made longer by them
python_use_unqualified_type_names = True
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
suppress_warnings = ["ref.python"]  # words of a type, "ndarray of m rows", are no links

myst_enable_extensions = ["dollarmath", "deflist", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # `build.py` runs them, two at a time
nb_output_stderr = "remove"
nb_render_markdown_format = "myst"
