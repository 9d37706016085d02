package io.millrace.metadata.access;

import java.util.List;

/** How entries of one kind are spread over registers, and written in each. */
interface Rows<T> {
    /** What the registers' keys begin with. */
    String prefix();

    /** How many registers there are. */
    int registers();

    /** How many entries there may be, all registers together. */
    int most();

    /** In sentences, several of them. */
    String name();

    /** What decides on the register that an entry is in: of one that is to replace another it is the same. */
    String spreadBy(T entry);

    /** Entries of one register as JSON, always the same for the same ones. */
    String encode(List<T> sorted);

    /** @throws IllegalStateException when that is not how this version writes them */
    List<T> decode(String json);
}
