"""Facts -> webhooks: logged and planned in one transaction, posted by senders beside it."""
