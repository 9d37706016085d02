package io.millrace.process;

import java.util.Locale;

/** What is made of each record that is transferred, and where it goes: one output keeps the partition, the other one mixes them. */
enum TransferOutput {
    /** To the partition with the source's number. */
    ENTRIES,
    /** To a partition that the record's own number chooses, so that a transaction has many of them. */
    LEDGER;

    private static final String BETWEEN = "-";

    /** The value of a record of the input. @param number no other record of that partition has it */
    static String input(int partition, int number) {
        return partition + BETWEEN + number;
    }

    /** Of the topic, and before what it is made of in each of its values. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    String value(String input) {
        return label() + BETWEEN + input;
    }

    /** @param partitions of the output, as many as the input has */
    int partition(String input, int partitions) {
        int between = input.indexOf(BETWEEN);
        return Integer.parseInt(this == ENTRIES ? input.substring(0, between) : input.substring(between + 1)) % partitions;
    }
}
