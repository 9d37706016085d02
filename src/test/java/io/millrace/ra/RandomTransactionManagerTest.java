package io.millrace.ra;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeMillrace;
import io.millrace.client.FakeMillrace.Fault;
import io.millrace.client.ProducerRecord;
import io.millrace.client.RequestFailedException;
import io.millrace.transaction.state.TransactionState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A transaction manager with a log, whose process crashes at every step, and servers that lose requests and answers, time out and are
 * away: what it has decided to commit is committed in the end, once, and nothing else.
 */
class RandomTransactionManagerTest {
    private static final int TRANSACTIONS = 150;
    /** Each transaction writes these two records. */
    private static final String FIRST = "/first";
    private static final String SECOND = "/second";
    private static final Fault[] FAULTS = {Fault.ANSWER_LOST, Fault.REQUEST_LOST, Fault.NOTHING_DONE, Fault.UNAVAILABLE,
        Fault.CONCURRENT_TRANSACTIONS, Fault.NOT_COMMITTED, Fault.STARTING};
    private static final String[] PATHS = {"/topics", "/prepare", "/commit", "/abort", "GET /transactions", "POST /transactions"};

    private final FakeMillrace server = new FakeMillrace(0);
    /** The log of the transaction manager: what it has decided to commit, and whether that was confirmed. */
    private final Map<String, Boolean> decided = new TreeMap<>();
    /** In one phase, with an answer that was lost. */
    private final TreeSet<String> unknown = new TreeSet<>();
    private Random random;
    private Branches branches;
    private BranchXAResource resource;

    private static final class Crash extends Exception {
        private static final long serialVersionUID = 1L;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsDecidedHappensOnceAndNothingElse(long seed) throws Exception {
        random = new Random(seed);
        begin();
        for (int i = 0; i < TRANSACTIONS; i++) {
            String value = "t" + i;
            try {
                if (random.nextInt(5) == 0) {
                    onePhase(TestXid.of(value), value);
                } else {
                    twoPhases(TestXid.of(value), value);
                }
            } catch (Crash crash) {
                server.clearFaults();
                begin();
                recover();
            }
        }
        server.clearFaults();
        server.timeOutAll();
        branches.settle();
        recover();

        List<String> committed = server.committed("orders").stream().map(each -> each.substring(2)).toList();
        assertThat(committed).doesNotHaveDuplicates();
        TreeSet<String> expected = new TreeSet<>();
        decided.keySet().forEach(each -> expected.addAll(List.of(each + FIRST, each + SECOND)));
        unknown.stream().filter(each -> committed.contains(each + FIRST))
                .forEach(each -> expected.addAll(List.of(each + FIRST, each + SECOND)));
        assertThat(new TreeSet<>(committed)).isEqualTo(expected);
        assertThat(decided.size()).isBetween(TRANSACTIONS / 5, TRANSACTIONS * 3 / 4);
        assertThat(server.states().values()).doesNotContain(TransactionState.PREPARED, TransactionState.ONGOING);
        server.close();
    }

    private void begin() {
        branches = new Branches(new Settings(List.of(server.url()), "jta", null, null, Duration.ofSeconds(1), Duration.ofSeconds(60)));
        resource = new BranchXAResource(branches);
    }

    /** Between any two steps something may happen. */
    private void step() throws Crash {
        server.clearFaults();
        if (random.nextInt(3) == 0) {
            server.failNext(PATHS[random.nextInt(PATHS.length)], FAULTS[random.nextInt(FAULTS.length)]);
        }
        if (random.nextInt(30) == 0) {
            server.timeOutAll();
        }
        if (random.nextInt(20) == 0) {
            throw new Crash();
        }
        branches.settle();
    }

    /** @return whether the application wants to commit it */
    private boolean write(Xid xid, String value) throws Crash, XAException {
        resource.start(xid, XAResource.TMNOFLAGS);
        boolean wanted = send(value + FIRST) & send(value + SECOND);
        resource.end(xid, XAResource.TMSUCCESS);
        return wanted;
    }

    private boolean send(String value) throws Crash {
        step();
        try {
            resource.current().send("orders", List.of(ProducerRecord.of("k", value)));
            return true;
        } catch (RequestFailedException | IllegalStateException failure) {
            return random.nextBoolean(); // an application may go on nevertheless, and have it committed if it can be
        }
    }

    private void onePhase(Xid xid, String value) throws Crash, XAException {
        boolean written = write(xid, value);
        step();
        if (!written) {
            resource.rollback(xid);
            return;
        }
        int requests = server.requests("/commit").size();
        unknown.add(value);
        try {
            resource.commit(xid, true);
            if (server.requests("/commit").size() > requests) {
                unknown.remove(value);
                decided.put(value, true);
            }
        } catch (XAException failure) {
            if (failure.errorCode != XAException.XAER_RMFAIL) {
                assertThat(failure.errorCode).isBetween(XAException.XA_RBBASE, XAException.XA_RBEND);
                unknown.remove(value);
            }
        }
    }

    private void twoPhases(Xid xid, String value) throws Crash, XAException {
        boolean written = write(xid, value);
        step();
        if (written) {
            try {
                if (resource.prepare(xid) == XAResource.XA_RDONLY) {
                    return;
                }
            } catch (XAException failure) {
                assertThat(failure.errorCode).isBetween(XAException.XA_RBBASE, XAException.XA_RBEND);
                return;
            }
            step(); // the other resource votes
            if (random.nextInt(4) > 0) {
                decided.put(value, false);
                step();
                complete(value);
                return;
            }
        }
        boolean down = random.nextInt(40) == 0;
        if (down) {
            server.stop();
        }
        try {
            resource.rollback(xid);
        } catch (XAException later) {
            assertThat(later.errorCode).isEqualTo(XAException.XAER_RMFAIL);
        }
        if (down) {
            server.startAgain();
        }
        server.clearFaults();
        try {
            resource.rollback(xid);
        } catch (XAException over) {
            assertThat(over.errorCode).isEqualTo(XAException.XAER_NOTA);
        }
    }

    /** Commits what is decided, for as long as it takes. */
    private void complete(String value) throws XAException {
        boolean down = random.nextInt(40) == 0;
        if (down) {
            server.stop();
            try {
                resource.commit(TestXid.of(value), false);
                throw new AssertionError("nobody can have confirmed it");
            } catch (XAException later) {
                assertThat(later.errorCode).isEqualTo(XAException.XAER_RMFAIL);
            }
            server.startAgain();
        }
        resource.commit(TestXid.of(value), false);
        decided.put(value, true);
    }

    /** As after a restart: by its log, and by what the resource manager has prepared. */
    private void recover() throws XAException {
        for (Xid each : resource.recover(XAResource.TMSTARTRSCAN)) {
            String value = new String(each.getGlobalTransactionId());
            if (!decided.containsKey(value)) {
                resource.rollback(each);
            }
        }
        for (Map.Entry<String, Boolean> each : decided.entrySet()) {
            if (!each.getValue()) {
                complete(each.getKey());
            }
        }
        assertThat(resource.recover(XAResource.TMSTARTRSCAN)).isEmpty();
    }
}
