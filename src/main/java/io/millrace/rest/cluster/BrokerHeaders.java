package io.millrace.rest.cluster;

import java.util.List;
import java.util.stream.Stream;

/** Headers that brokers add to what they pass on. They are believed when the request is signed; from clients they are not seen. */
public final class BrokerHeaders {
    /** Id of the broker that passes a request on. It forbids to do so once more. */
    public static final String FORWARDED = "Millrace-Forwarded";
    /** The poll whose answer the sender wrote to the consumer. */
    public static final String ANSWERED = "Millrace-Answered";
    /** In the answer to a consumer: the number of the stream that it is. */
    public static final String STREAM = "Millrace-Stream";
    /** Where the client found this cluster. */
    public static final String BASE_URI = "Millrace-Base-Uri";

    /** The address that the request came from to the broker that passes it on. */
    public static final String CALLER = "Millrace-Caller";

    /**
     * Of a request with a body: how many bytes it has without its frames, or {@link #UNTOLD}. Its Content-Length is that of the frames.
     */
    public static final String BODY = "Millrace-Body";
    /** As above: the client does not tell. */
    public static final String UNTOLD = "untold";

    /**
     * Shows that a broker made this request, for this one, now: when its run began, the number of its request, the time of it, its
     * session, and the code of all of it, with spaces between.
     */
    public static final String SIGNATURE = "Millrace-Signature";

    /** What is not to be seen of a request that no broker of this cluster sent. */
    public static final List<String> BELIEVED = List.of(FORWARDED, ANSWERED, BASE_URI, CALLER, BODY, CallerHeaders.PRINCIPAL,
            CallerHeaders.GROUPS, CallerHeaders.ROLES);

    /** What its receiver acts on, beside the sender, method, path, query and body: nobody on the way can change, add, or leave out any. */
    static final List<String> SIGNED = Stream.concat(BELIEVED.stream().filter(name -> !name.equals(FORWARDED)), Stream.of(
            "Accept", "Accept-Encoding", "Authorization", "Content-Encoding", "Content-Type", "Idempotency-Key", "Last-Event-ID",
            "Millrace-Incarnation", "Millrace-Member-Epoch", "Millrace-Poll", "Millrace-Transaction")).toList();

    private BrokerHeaders() {
    }
}
