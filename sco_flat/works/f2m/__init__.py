"""F2M (Shi et al.): parameter noise and a clamp, held against losses on which both can be answered exactly."""
