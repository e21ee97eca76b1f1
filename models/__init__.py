"""Networks, data and training as plain values; no windows live here."""
