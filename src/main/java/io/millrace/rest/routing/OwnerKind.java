package io.millrace.rest.routing;

import io.millrace.agreement.Member;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;

/** What makes a broker the one to answer. */
enum OwnerKind {
    LEADER("leads", ErrorKind.NOT_LEADER, "Millrace-Leader"),
    COORDINATOR("coordinates", ErrorKind.NOT_COORDINATOR, "Millrace-Coordinator");

    private final String does;
    private final ErrorKind notHere;
    private final String header;

    OwnerKind(String does, ErrorKind notHere, String header) {
        this.does = does;
        this.notHere = notHere;
        this.header = header;
    }

    /** For a sentence: leads, coordinates. */
    String does() {
        return does;
    }

    /** Names the header that says which broker it is, to clients that want to go there themselves. */
    String header() {
        return header;
    }

    /** What a broker is told that passed a request on to the wrong one. */
    BrokerException moved(String subject, Member owner) {
        return new BrokerException(notHere, "%s has just moved: broker %d at %s %s it; try again"
                .formatted(subject, owner.brokerId(), owner.url(), does));
    }
}
