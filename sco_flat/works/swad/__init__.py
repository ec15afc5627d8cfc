"""SWAD (Cha et al.): averaging to a valley, held against a run on which both can be answered exactly."""
