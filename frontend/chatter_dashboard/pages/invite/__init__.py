"""What links in mails lead to: accepting an invitation, confirming an address."""
