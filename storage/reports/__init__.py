"""Reports: counting what changed into days, reading these, and finding the cases behind them."""
