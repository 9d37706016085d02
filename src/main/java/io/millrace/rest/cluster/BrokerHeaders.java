package io.millrace.rest.cluster;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Headers that brokers add to what they pass on. They are believed when the request is signed; from clients they are not seen. */
public final class BrokerHeaders {
    /** Id of the broker that passes a request on. It forbids to do so once more. */
    public static final String FORWARDED = "Millrace-Forwarded";
    /** The poll whose answer the sender wrote to the consumer. */
    public static final String ANSWERED = "Millrace-Answered";
    /** Where the client found this cluster. */
    public static final String BASE_URI = "Millrace-Base-Uri";

    /** The address that the request came from to the broker that passes it on. */
    public static final String CALLER = "Millrace-Caller";

    /** Present: the sender has held the record batches against the topic's rules, or did when they came first. */
    public static final String CHECKED = "Millrace-Checked";

    /** Beside the client's own Authorization. */
    private static final String SIGNATURE = "Millrace-Signature";
    private static final List<String> CALLER_HEADERS = List.of(CallerHeaders.PRINCIPAL, CallerHeaders.GROUPS, CallerHeaders.ROLES);
    private static final List<String> BELIEVED = List.of(FORWARDED, ANSWERED, BASE_URI, CALLER, CHECKED, CallerHeaders.PRINCIPAL,
            CallerHeaders.GROUPS, CallerHeaders.ROLES);

    private BrokerHeaders() {
    }

    /**
     * What shows who passes a request on.
     *
     * @param path as it is written, from the slash after the application's own path on, without the query
     * @param said the value of another header of these that goes with it, or null: who asked is signed as well, so that nobody can
     *             say that it was another one
     * @throws IllegalStateException when there is no secret
     */
    public static Map<String, String> of(ClusterSecret secret, int brokerId, String method, String path, UnaryOperator<String> said) {
        ClusterSecret.Signature signature = secret.sign(method, signed(path, said), brokerId);
        return Map.of(FORWARDED, Integer.toString(brokerId), ClusterSecret.DATE, Long.toString(signature.dateMs()),
                SIGNATURE, signature.authorization());
    }

    /**
     * The headers of a request that are not to be seen: all of these, unless a broker of this cluster sent it.
     *
     * @param path   as it is written, from the slash after the application's own path on, without the query
     * @param header the first value of a header of the request, or null
     */
    public static List<String> disbelieved(ClusterSecret secret, String method, String path, UnaryOperator<String> header) {
        String signature = header.apply(SIGNATURE) != null ? header.apply(SIGNATURE) : header.apply(ClusterSecret.AUTHORIZATION);
        boolean signed = signature != null && header.apply(FORWARDED) != null
                && secret.accepts(method, signed(path, header), signature, header.apply(ClusterSecret.DATE), header.apply(FORWARDED));
        return signed ? List.of() : BELIEVED;
    }

    private static String signed(String path, UnaryOperator<String> header) {
        StringBuilder signed = new StringBuilder(path);
        for (String name : CALLER_HEADERS) {
            String value = header.apply(name);
            if (value != null) {
                signed.append('\n').append(name).append(':').append(value);
            }
        }
        return signed.toString();
    }
}
