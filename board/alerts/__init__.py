"""The Alerts page: what managers are told of, who has seen it, and the rules that tell."""
