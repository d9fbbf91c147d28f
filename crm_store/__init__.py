"""What is true: the records of the CRM, who may see them, and how every change of them is remembered."""
