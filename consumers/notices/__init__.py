"""Facts -> notices: decided in the transaction that reads the state, sent by the notifier."""
