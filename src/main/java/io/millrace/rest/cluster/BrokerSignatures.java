package io.millrace.rest.cluster;

import java.security.MessageDigest;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;

/**
 * Signs what this run of a broker asks others, and knows what they ask it. The key of a signature is that of sender and receiver in their
 * present runs, and each request has a number: one that is captured is good for no other server, nor for this one when it came before,
 * nor when either of the two was started again. All that a receiver acts on is signed: method, path, query, headers, and the body by
 * its frames ({@link BodySeal}); so is the time, for whoever looks at traffic. It is not judged: brokers' clocks may be wrong, and
 * replication must not stop for that. A request that is held back on its way is good until {@link ReplayWindow#WIDTH} later ones have
 * come, or one of the two ends; once, as if the network had been slow. Thread-safe.
 */
public final class BrokerSignatures {
    /** Of the challenge to whoever is not believed. */
    public static final String SCHEME = "Millrace";

    private static final int PARTS = 5;

    private final ClusterSecret secret;
    private final BrokerRun self;
    private final Clock clock;
    /** Of all requests: whoever is asked sees gaps, which mean nothing. */
    private final AtomicLong lastNumber = new AtomicLong();
    /** One for each broker, of its newest run that was asked. */
    private final ConcurrentHashMap<Integer, Outgoing> outgoing = new ConcurrentHashMap<>();
    private final SenderRuns senders = new SenderRuns();

    /** @param self this run of this broker, as others know it */
    public BrokerSignatures(ClusterSecret secret, BrokerRun self, Clock clock) {
        this.secret = secret;
        this.self = self;
        this.clock = clock;
    }

    /** @param key to be cloned */
    private record Outgoing(String session, Mac key) {
    }

    /**
     * A signed request.
     *
     * @param headers to be added to it
     * @param seal    for its body
     */
    public record Signed(Map<String, String> headers, BodySeal seal) {
    }

    /** What a signature's header tells; the sender is told by another one. */
    private record Claim(BrokerRun sender, long number, long dateMs, byte[] code) {
    }

    /** This broker's. */
    public int brokerId() {
        return self.brokerId();
    }

    /**
     * @param head            with a header {@link BrokerHeaders#BODY} where it has a body
     * @param receiver        id of the broker that it is sent to
     * @param receiverSession that tells its run
     * @throws IllegalStateException when there is no secret
     */
    public Signed sign(RequestHead head, int receiver, String receiverSession) {
        Mac key = key(receiver, receiverSession);
        long number = lastNumber.incrementAndGet();
        long now = clock.millis();
        byte[] code = cloned(key).doFinal(signed(head, self, number, now));
        String signature = self.startedMs() + " " + number + " " + now + " " + self.session() + " " + HexFormat.of().formatHex(code);
        return new Signed(Map.of(BrokerHeaders.FORWARDED, Integer.toString(self.brokerId()), BrokerHeaders.SIGNATURE, signature),
                new BodySeal(cloned(key), code));
    }

    private Mac key(int receiver, String receiverSession) {
        Outgoing known = outgoing.get(receiver);
        if (known == null || !known.session().equals(receiverSession)) {
            known = new Outgoing(receiverSession, secret.keys(self, receiver, receiverSession).stream().findFirst()
                    .orElseThrow(() -> new IllegalStateException("no cluster secret is configured")));
            outgoing.put(receiver, known);
        }
        return known.key();
    }

    /** Whether a request says to be one of a broker. */
    public static boolean isClaimed(RequestHead head) {
        return !head.headers().apply(BrokerHeaders.SIGNATURE).isEmpty();
    }

    /**
     * Takes a request of another broker: once.
     *
     * @return reads its body
     * @throws ForgedRequestException when it is none, or came before
     */
    public FrameReader take(RequestHead head) {
        Claim claim = claim(head);
        SenderRuns.Run known = senders.find(claim.sender());
        SenderRuns.Run run = known != null ? known
                : new SenderRuns.Run(secret.keys(claim.sender(), self.brokerId(), self.session()));
        byte[] signed = signed(head, claim.sender(), claim.number(), claim.dateMs());
        Mac key = run.keys().stream().filter(each -> MessageDigest.isEqual(cloned(each).doFinal(signed), claim.code())).findFirst()
                .orElseThrow(() -> new ForgedRequestException("the request is not signed as one of a broker of this cluster for this run"
                        + " of this server: all brokers need the same version, and the same millrace.cluster.secret"));
        run = known != null ? known : senders.enter(claim.sender(), run);
        if (run == null || !run.take(claim.number())) {
            throw new ForgedRequestException("the request came before, or is older than those that are remembered");
        }
        return head.only(BrokerHeaders.BODY) == null ? FrameReader.ofNothing()
                : FrameReader.of(new BodySeal(cloned(key), claim.code()));
    }

    private static Claim claim(RequestHead head) {
        String broker = head.only(BrokerHeaders.FORWARDED);
        String signature = head.only(BrokerHeaders.SIGNATURE);
        String[] parts = signature == null ? new String[0] : signature.split(" ", -1);
        if (broker == null || parts.length != PARTS) {
            throw new ForgedRequestException("the request is not signed as brokers of this version do: all brokers need the same one");
        }
        try {
            return new Claim(new BrokerRun(Integer.parseInt(broker), parts[3], Long.parseLong(parts[0])), Long.parseLong(parts[1]),
                    Long.parseLong(parts[2]), HexFormat.of().parseHex(parts[4]));
        } catch (IllegalArgumentException e) {
            // no number, or no hexadecimal digits
            throw new ForgedRequestException("the request's signature cannot be read");
        }
    }

    private static byte[] signed(RequestHead head, BrokerRun sender, long number, long dateMs) {
        CanonicalText signed = new CanonicalText("millrace-request").text(head.method()).text(head.path()).text(head.query())
                .number(sender.brokerId()).number(sender.startedMs()).text(sender.session()).number(number).number(dateMs);
        for (String name : BrokerHeaders.SIGNED) {
            signed.texts(head.headers().apply(name).stream().map(String::strip).toList());
        }
        return signed.bytes();
    }

    private static Mac cloned(Mac key) {
        try {
            return (Mac) key.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("this Java's HMAC-SHA256 cannot be cloned", e);
        }
    }
}
