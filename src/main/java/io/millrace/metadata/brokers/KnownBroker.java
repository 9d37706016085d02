package io.millrace.metadata.brokers;

/**
 * A broker as the register {@code brokers} holds it: one that has taken part once.
 *
 * @param session of the run that last made itself ready to lead and follow
 * @param url     base URL of its HTTP interface
 * @param rack    or null
 * @param leaving whether it is stopping, or not ready yet: it is to lead nothing, and to count as in sync nowhere anew
 */
public record KnownBroker(int id, String session, String url, String rack, boolean leaving) {
}
