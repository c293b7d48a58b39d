"""The account's parts, one module each; every one writes into the ledger what it makes and what is wrong with it."""
