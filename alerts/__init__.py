"""What managers are told: the wording of alerts as text and HTML, and the handing over to a mail server."""
