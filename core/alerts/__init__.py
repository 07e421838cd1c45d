"""What alerts, when somebody is told of it, and when it is over; no clock, no database, no mail."""
