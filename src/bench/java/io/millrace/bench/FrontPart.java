package io.millrace.bench;

/** The parts of the suite of the front, in the order in which they are run. */
enum FrontPart {
    SLOW, SECURED, BEFORE
}
