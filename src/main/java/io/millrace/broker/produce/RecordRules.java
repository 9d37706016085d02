package io.millrace.broker.produce;

/** What record batches are held against before they are appended, beside what any batch must be. */
public enum RecordRules {
    /** The topic's rules as they are: the size of batches, timestamps, keys. */
    IN_FORCE,
    /** None: another broker has held them against those that were in force when the records came first. */
    KEPT
}
