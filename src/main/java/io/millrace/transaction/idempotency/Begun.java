package io.millrace.transaction.idempotency;

/** What is to be done about a request with a key. */
sealed interface Begun {
    /** To be carried out, for the first time or once more. */
    record Execute(StoredValue.Prepared prepared) implements Begun {
    }

    /** It was carried out: to be answered with what it was answered with. */
    record Answered(StoredValue.Completed completed) implements Begun {
    }

    /** Nobody knows its key: its records are to be read, and it is to be begun. */
    record New() implements Begun {
    }

    /** To be begun again with a new producer id, since all that there are are in use. */
    record ProducerNeeded() implements Begun {
    }
}
