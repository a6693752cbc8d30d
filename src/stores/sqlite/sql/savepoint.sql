-- Marks a point of the transaction to come back to.
savepoint legwork_here
