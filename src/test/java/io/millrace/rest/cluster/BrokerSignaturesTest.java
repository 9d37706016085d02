package io.millrace.rest.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BrokerSignaturesTest {
    private static final String PATH = "/topics/a%2Eb/partitions/0";
    private static final Map<String, String> SAID = Map.of("Millrace-Principal", "anna", "Millrace-Roles", "millrace-client",
            "Content-Type", "application/json", "Authorization", "Basic YTpi", "Millrace-Body", "5");

    private final BrokerSignatures sender = Brokers.sender();
    private final BrokerSignatures receiver = Brokers.receiver();

    private static BrokerSignatures by(ClusterSecret secret, int brokerId, String session, long startedMs) {
        return new BrokerSignatures(secret, new BrokerRun(brokerId, session, startedMs), Clock.systemUTC());
    }

    private static RequestHead request(String method, String path, String query, Map<String, String> headers) {
        return Brokers.head(method, path, query, headers);
    }

    /** What is on the wire. */
    private static Map<String, String> sent(BrokerSignatures by, Map<String, String> said) {
        Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(said);
        all.putAll(by.sign(request("POST", PATH, "x=%2F", said), 2, Brokers.RUN).headers());
        return all;
    }

    private Map<String, String> sent() {
        return sent(sender, SAID);
    }

    private void requireRefused(RequestHead head) {
        requireRefused(receiver, head);
    }

    private static void requireRefused(BrokerSignatures receiver, RequestHead head) {
        assertThatExceptionOfType(ForgedRequestException.class).isThrownBy(() -> receiver.take(head));
    }

    private void take(Map<String, String> headers) {
        receiver.take(request("POST", PATH, "x=%2F", headers));
    }

    @Test
    void aRequestIsTakenOnce() {
        Map<String, String> captured = sent();
        take(captured);
        for (int i = 0; i < 3; i++) {
            requireRefused(request("POST", PATH, "x=%2F", captured));
        }
        take(sent());
    }

    @Test
    void oneThatOnlySaysItIsABrokersIsNone() {
        assertThat(BrokerSignatures.isClaimed(request("GET", "/", null, Map.of("Millrace-Forwarded", "1")))).isFalse();
        assertThat(BrokerSignatures.isClaimed(request("GET", "/", null, sent()))).isTrue();
    }

    @Test
    void nothingOfItCanBeChanged() {
        Map<String, String> headers = sent();
        requireRefused(request("PUT", PATH, "x=%2F", headers));
        requireRefused(request("POST", "/topics/a.b/partitions/0", "x=%2F", headers));
        requireRefused(request("POST", PATH, "x=/", headers));
        requireRefused(request("POST", PATH, "", headers));
        requireRefused(request("POST", PATH, null, headers));
        requireRefused(request("POST", PATH + "x=%2F", "", headers));
        for (String name : BrokerHeaders.SIGNED) {
            Map<String, String> other = new TreeMap<>(headers);
            other.put(name, headers.containsKey(name) ? headers.get(name) + "," : "");
            requireRefused(request("POST", PATH, "x=%2F", other));
            if (headers.containsKey(name)) {
                other.remove(name);
                requireRefused(request("POST", PATH, "x=%2F", other));
                requireRefused(new RequestHead("POST", PATH, "x=%2F", asked -> asked.equals(name)
                        ? List.of(headers.get(name), headers.get(name)) : one(headers, asked)));
            }
        }
        take(headers);
    }

    private static List<String> one(Map<String, String> headers, String name) {
        return headers.containsKey(name) ? List.of(headers.get(name)) : List.of();
    }

    /** What one header says cannot be made to be what another one does. */
    @Test
    void textsDoNotRunIntoEachOther() {
        Map<String, String> headers = new TreeMap<>(sent(sender, Map.of("Millrace-Principal", "a", "Millrace-Groups", "b")));
        headers.remove("Millrace-Groups");
        headers.put("Millrace-Principal", "ab");
        requireRefused(request("POST", PATH, "x=%2F", headers));
        headers.put("Millrace-Principal", "a\nMillrace-Groups:b");
        requireRefused(request("POST", PATH, "x=%2F", headers));
        assertThat(new CanonicalText("p").texts(List.of("a", "b")).bytes())
                .isNotEqualTo(new CanonicalText("p").texts(List.of("ab")).bytes());
        assertThat(new CanonicalText("p").texts(List.of()).texts(List.of("a")).bytes())
                .isNotEqualTo(new CanonicalText("p").texts(List.of("a")).texts(List.of()).bytes());
        assertThat(new CanonicalText("p").text(null).bytes()).isNotEqualTo(new CanonicalText("p").text("").bytes());
    }

    @Test
    void aHeaderIsSignedAsItIsSent() {
        Map<String, String> headers = new TreeMap<>(sent(sender, Map.of("Idempotency-Key", " \u00e9\u20ac ")));
        headers.put("Idempotency-Key", "??");
        take(headers);
    }

    @Test
    void noCharacterOfASignatureCanBeChanged() {
        Map<String, String> headers = sent();
        String signature = headers.get("Millrace-Signature");
        for (int i = 0; i < signature.length(); i++) {
            for (char other : new char[] {'0', '1', 'f', 'z', ' ', '-'}) {
                if (signature.charAt(i) != other) {
                    Map<String, String> changed = new TreeMap<>(headers);
                    changed.put("Millrace-Signature", signature.substring(0, i) + other + signature.substring(i + 1));
                    requireRefused(request("POST", PATH, "x=%2F", changed));
                }
            }
        }
        take(headers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "Millrace 00", "1 1 1 run", "1 1 1 run zz", "1 1 1 run 00", "x 1 1 run 00", "1 1 1 run 00 00",
        "99999999999999999999 1 1 run 00"})
    void whatIsNoSignatureIsRefused(String signature) {
        requireRefused(request("POST", PATH, null, Map.of("Millrace-Forwarded", "1", "Millrace-Signature", signature)));
    }

    @Test
    void itIsForOneReceiverInOneRunOnly() {
        RequestHead captured = request("POST", PATH, "x=%2F", sent());
        requireRefused(Brokers.signatures("s3cret", 3, Brokers.RUN), captured);
        requireRefused(Brokers.signatures("s3cret", 2, "its-next-run"), captured);
        requireRefused(Brokers.signatures("guess", 2, Brokers.RUN), captured);
        requireRefused(Brokers.signatures(null, 2, Brokers.RUN), captured);
        receiver.take(captured);
    }

    @Test
    void nobodyIsTakenForAnotherSenderOrRun() {
        Map<String, String> headers = sent();
        headers.put("Millrace-Forwarded", "3");
        requireRefused(request("POST", PATH, "x=%2F", headers));
        Map<String, String> guessed = sent(Brokers.signatures("guess", 1, "run"), SAID);
        requireRefused(request("POST", PATH, "x=%2F", guessed));
    }

    @Test
    void aSenderThatWasStartedAgainIsKnownAndItsOldRequestsAreNot() {
        Map<String, String> captured = sent();
        take(captured);
        take(sent(by(new ClusterSecret("s3cret", null), 1, "next-run", 2_000), SAID));
        requireRefused(request("POST", PATH, "x=%2F", captured));
    }

    /** However often it is started: nothing that is forgotten is taken again. */
    @Test
    void whatARunAskedIsRefusedForEverAlsoWhenItIsForgotten() {
        List<Map<String, String>> captured = new ArrayList<>();
        for (int run = 0; run < 5 * SenderRuns.MOST_RUNS; run++) {
            BrokerSignatures next = by(new ClusterSecret("s3cret", null), 1, "run-" + run, 1_000 + run / 2);
            Map<String, String> delayed = sent(next, SAID);
            captured.add(sent(next, SAID));
            take(captured.get(run));
            captured.forEach(each -> requireRefused(request("POST", PATH, "x=%2F", each)));
            if (run > 0 && run < SenderRuns.MOST_RUNS) {
                take(delayed);
            }
        }
    }

    @Test
    void requestsMayOvertakeEachOtherWithinTheWindow() {
        List<Map<String, String>> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            all.add(sent());
        }
        Collections.shuffle(all, new Random(7));
        all.forEach(this::take);
        Collections.shuffle(all, new Random(8));
        all.forEach(each -> requireRefused(request("POST", PATH, "x=%2F", each)));
    }

    @Test
    void ofTwoThatComeAtATimeOneIsTaken() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 50; round++) {
                Map<String, String> captured = sent(Brokers.signatures("s3cret", 100 + round, "run"), SAID);
                Callable<Boolean> taking = () -> {
                    try {
                        take(captured);
                        return true;
                    } catch (ForgedRequestException e) {
                        return false;
                    }
                };
                int taken = 0;
                for (Future<Boolean> each : threads.invokeAll(Collections.nCopies(4, taking))) {
                    taken += each.get() ? 1 : 0;
                }
                assertThat(taken).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void theClocksNeedNotAgree() {
        BrokerSignatures late = new BrokerSignatures(new ClusterSecret("s3cret", null), new BrokerRun(1, "run", -5),
                Clock.offset(Clock.systemUTC(), Duration.ofDays(-10_000)));
        take(sent(late, SAID));
    }

    @Test
    void theSecretIsChangedWhileAllGoOn() {
        ClusterSecret before = new ClusterSecret("old", null);
        ClusterSecret both = new ClusterSecret("old", "new");
        ClusterSecret changed = new ClusterSecret("new", "old");
        ClusterSecret after = new ClusterSecret("new", null);
        for (List<ClusterSecret> step : List.of(List.of(before, both), List.of(both, changed), List.of(changed, after))) {
            for (ClusterSecret from : step) {
                for (ClusterSecret to : step) {
                    Map<String, String> headers = sent(by(from, 1, "run", 1), SAID);
                    BrokerSignatures taking = by(to, 2, Brokers.RUN, 1);
                    taking.take(request("POST", PATH, "x=%2F", headers));
                    requireRefused(taking, request("POST", PATH, "x=%2F", headers));
                }
            }
        }
        requireRefused(by(after, 2, Brokers.RUN, 1), request("POST", PATH, "x=%2F", sent(by(before, 1, "run", 1), SAID)));
    }

    @Test
    void theBodyIsPartOfIt() throws IOException {
        BrokerSignatures.Signed signed = sender.sign(request("POST", PATH, null, SAID), 2, Brokers.RUN);
        Map<String, String> headers = new TreeMap<>(SAID);
        headers.putAll(signed.headers());
        byte[] framed = signed.seal().whole(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));

        assertThat(Brokers.plain(new ByteArrayInputStream(framed), receiver.take(request("POST", PATH, null, headers))))
                .isEqualTo("hello".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aBodyIsOfTheRequestThatItWasSentWith() {
        byte[] other = sender.sign(request("POST", PATH, "x=%2F", SAID), 2, Brokers.RUN).seal().whole(ByteBuffer.wrap(new byte[5]));
        FrameReader frames = receiver.take(request("POST", PATH, "x=%2F", sent()));

        assertThatExceptionOfType(ForgedRequestException.class).isThrownBy(() -> Brokers.plain(new ByteArrayInputStream(other), frames));
    }

    @Test
    void oneWithoutABodyIsGivenNone() {
        Map<String, String> headers = sent(sender, Map.of());
        FrameReader frames = receiver.take(request("POST", PATH, "x=%2F", headers));

        assertThatExceptionOfType(ForgedRequestException.class)
                .isThrownBy(() -> Brokers.plain(new ByteArrayInputStream(new byte[1]), frames));
    }

    @Test
    void withoutASecretNothingIsSigned() {
        for (String none : new String[] {null, ""}) {
            ClusterSecret secret = new ClusterSecret(none, "other");
            assertThatIllegalStateException().isThrownBy(() -> sent(by(secret, 1, "run", 1), SAID));
        }
    }

    @Test
    void theSecretIsNotShown() {
        assertThat(new ClusterSecret("s3cret", "0ther")).hasToString("ClusterSecret[set]");
        assertThat(ClusterSecret.NONE).hasToString("ClusterSecret[none]");
        assertThat(sender.toString() + sender.sign(request("POST", PATH, null, SAID), 2, Brokers.RUN)).doesNotContain("s3cret");
        assertThat(request("GET", PATH, null, SAID).toString()).doesNotContain("YTpi");
    }
}
