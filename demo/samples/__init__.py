"""The company's repositories: the shop's, which gives credentials away, the warehouse's, which is in order, and the
label printer's, which one person keeps going."""
