package io.millrace.bench;

/** The parts of the suite of transactions, in the order in which they are run. */
enum TransactionPart {
    IDEMPOTENCE, THROUGHPUT, COMMIT, OPEN
}
