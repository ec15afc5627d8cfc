"""What Kamber and Parhi say of sharpness in deep matrix factorisation, and what holds beyond it."""
