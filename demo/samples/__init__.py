"""The company's repositories: the shop's, which has much to mend, and the warehouse's, which is in order."""
