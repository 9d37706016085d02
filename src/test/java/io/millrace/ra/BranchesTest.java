package io.millrace.ra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.millrace.client.FakeMillrace.Fault;
import io.millrace.client.FakeMillrace;
import io.millrace.client.ProducerRecord;
import io.millrace.client.RequestFailedException;
import io.millrace.transaction.state.TransactionResult;
import io.millrace.transaction.state.TransactionState;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a transaction manager is answered, and what readers of committed records see of it. */
class BranchesTest {
    private static final Xid ONE = TestXid.of("one");
    private static final Xid TWO = TestXid.of("two");

    private final FakeMillrace server = new FakeMillrace(0);
    private final Branches branches = open("jta");
    private final BranchXAResource resource = new BranchXAResource(branches);

    @AfterEach
    void close() {
        server.close();
    }

    /** As after a restart of the application server, too: another process has nothing but the settings. */
    private Branches open(String resourceManager) {
        return new Branches(new Settings(List.of(URI.create("http://localhost:1"), server.url()), resourceManager, null, null,
                Duration.ofSeconds(1), Duration.ofSeconds(120)));
    }

    private void write(Xid xid, String value) throws XAException {
        resource.start(xid, XAResource.TMNOFLAGS);
        send(value);
        resource.end(xid, XAResource.TMSUCCESS);
    }

    private void send(String value) {
        resource.current().send("orders", List.of(ProducerRecord.of("k", value)));
    }

    private void prepared(Xid xid, String value) throws XAException {
        write(xid, value);
        assertThat(resource.prepare(xid)).isEqualTo(XAResource.XA_OK);
    }

    private static int code(ThrowingCallable call) {
        return catchThrowableOfType(XAException.class, call).errorCode;
    }

    private List<String> committed() {
        return server.committed("orders");
    }

    // ---- without failures

    @Test
    void aTransactionInTwoPhasesIsSeenOnceItIsCommitted() throws XAException {
        prepared(ONE, "a");
        assertThat(committed()).isEmpty();
        resource.commit(ONE, false);
        assertThat(committed()).containsExactly("k=a");
        assertThat(code(() -> branches.get(ONE))).as("nothing is kept of it").isEqualTo(XAException.XAER_NOTA);
        resource.commit(ONE, false); // not known here any more, but the servers say that it is committed
        assertThat(committed()).containsExactly("k=a");
    }

    @Test
    void aTransactionInOnePhaseIsSeenWithIt() throws XAException {
        write(ONE, "a");
        assertThat(committed()).isEmpty();
        resource.commit(ONE, true);
        assertThat(committed()).containsExactly("k=a");
        assertThat(server.requests("/prepare")).isEmpty();
    }

    @Test
    void whatIsRolledBackIsNeverSeenPreparedOrNot() throws XAException {
        write(ONE, "a");
        resource.rollback(ONE);
        assertThat(code(() -> resource.rollback(ONE))).isEqualTo(XAException.XAER_NOTA);
        prepared(TWO, "b");
        resource.rollback(TWO);
        assertThat(server.states().values()).containsOnly(TransactionState.COMPLETE_ABORT);
        assertThat(committed()).isEmpty();
    }

    @Test
    void aBranchThatSendsNothingCostsNoRequest() throws XAException {
        resource.start(ONE, XAResource.TMNOFLAGS);
        resource.end(ONE, XAResource.TMSUCCESS);
        assertThat(resource.prepare(ONE)).isEqualTo(XAResource.XA_RDONLY);
        resource.start(ONE, XAResource.TMNOFLAGS);
        resource.end(ONE, XAResource.TMSUCCESS);
        resource.commit(ONE, true);
        assertThat(server.requests("")).isEmpty();
        assertThat(code(() -> branches.get(ONE))).isEqualTo(XAException.XAER_NOTA);
    }

    @Test
    void transactionalIdsAreUsedAgainAndAreNoMoreThanBranchesAtOnce() throws XAException {
        for (int i = 0; i < 20; i++) {
            Xid first = TestXid.of("first" + i);
            Xid second = TestXid.of("second" + i);
            write(first, "a");
            write(second, "b");
            resource.prepare(first);
            resource.commit(first, false);
            resource.commit(second, true);
        }
        assertThat(committed()).hasSize(40);
        assertThat(server.states()).hasSize(2);
        assertThat(server.requests("POST /transactions").stream().filter(each -> each.endsWith("/transactions"))).hasSize(2);
    }

    @Test
    void aTransactionalIdThatWasForgottenIsBegunAnew() throws XAException {
        write(ONE, "a");
        resource.commit(ONE, true);
        server.expireAll();
        write(TWO, "b");
        resource.commit(TWO, true);
        assertThat(committed()).containsExactly("k=a", "k=b");
    }

    @Test
    void connectionsOfTheSameSettingsShareABranchAndOthersDoNot() throws XAException {
        BranchXAResource second = new BranchXAResource(branches);
        assertThat(resource.isSameRM(second)).isTrue();
        assertThat(resource.isSameRM(new BranchXAResource(open("jta")))).isFalse();
        resource.start(ONE, XAResource.TMNOFLAGS);
        send("a");
        second.start(ONE, XAResource.TMJOIN);
        second.current().send("orders", List.of(ProducerRecord.of("k", "b")));
        second.end(ONE, XAResource.TMSUCCESS);
        resource.end(ONE, XAResource.TMSUSPEND);
        resource.start(ONE, XAResource.TMRESUME);
        send("c");
        resource.end(ONE, XAResource.TMSUCCESS);
        second.commit(ONE, true);
        assertThat(committed()).containsExactly("k=a", "k=b", "k=c");
        assertThat(server.states()).hasSize(1);
    }

    @Test
    void whatDoesNotFitIsRefused() throws XAException {
        resource.start(ONE, XAResource.TMNOFLAGS);
        assertThat(code(() -> resource.start(TWO, XAResource.TMNOFLAGS))).isEqualTo(XAException.XAER_PROTO);
        assertThat(code(() -> new BranchXAResource(branches).start(ONE, XAResource.TMNOFLAGS))).isEqualTo(XAException.XAER_DUPID);
        assertThat(code(() -> new BranchXAResource(branches).start(TWO, XAResource.TMJOIN))).isEqualTo(XAException.XAER_NOTA);
        send("a");
        assertThat(code(() -> resource.commit(ONE, false))).as("in two phases, unprepared").isEqualTo(XAException.XAER_PROTO);
        assertThat(code(() -> resource.setTransactionTimeout(-1))).isEqualTo(XAException.XAER_INVAL);
    }

    @Test
    void theTransactionManagersTimeOutIsTheServers() throws XAException {
        assertThat(resource.getTransactionTimeout()).isEqualTo(120);
        write(ONE, "a");
        resource.commit(ONE, true);
        String id = server.states().keySet().iterator().next();
        assertThat(server.timeoutOf(id)).isEqualTo(120_000);
        assertThat(resource.setTransactionTimeout(7)).isTrue();
        assertThat(resource.getTransactionTimeout()).isEqualTo(7);
        write(TWO, "b");
        assertThat(server.timeoutOf(id)).isEqualTo(7_000);
        resource.commit(TWO, true);
        resource.setTransactionTimeout(0);
        assertThat(resource.getTransactionTimeout()).isEqualTo(120);
        assertThat(committed()).containsExactly("k=a", "k=b");
    }

    // ---- failures before it is prepared: rolled back

    @ParameterizedTest
    @EnumSource(value = Fault.class, names = {"ANSWER_LOST", "REQUEST_LOST", "NOT_COMMITTED", "PARTLY_WRITTEN"})
    void whenItIsNotKnownWhatWasWrittenTheTransactionIsRolledBack(Fault fault) throws XAException {
        resource.start(ONE, XAResource.TMNOFLAGS);
        send("a");
        server.failNext("/topics", fault);
        assertThatThrownBy(() -> send("b")).isInstanceOf(RequestFailedException.class);
        assertThatThrownBy(() -> send("c")).isInstanceOf(IllegalStateException.class).hasMessageContaining("rolled back");
        resource.end(ONE, XAResource.TMSUCCESS);
        assertThat(code(() -> resource.prepare(ONE))).isEqualTo(XAException.XA_RBCOMMFAIL);
        assertThat(server.states().values()).containsOnly(TransactionState.COMPLETE_ABORT);
        assertThat(committed()).isEmpty();
    }

    @Test
    void aRefusedRecordDoesNoHarmToTheOthers() throws XAException {
        resource.start(ONE, XAResource.TMNOFLAGS);
        send("a");
        server.failNext("/topics", Fault.NO_SUCH_TOPIC);
        assertThatThrownBy(() -> send("b")).isInstanceOf(RequestFailedException.class);
        send("c");
        resource.end(ONE, XAResource.TMSUCCESS);
        resource.commit(ONE, true);
        assertThat(committed()).containsExactly("k=a", "k=c");
    }

    @Test
    void whereAnEarlierTransactionIsOpenTheRestIsNotCommittedWithoutWhatWasToGoThere() throws XAException {
        resource.start(ONE, XAResource.TMNOFLAGS);
        server.failNext("/topics", Fault.EARLIER_IS_OPEN);
        assertThatThrownBy(() -> send("a")).isInstanceOf(RequestFailedException.class);
        assertThatThrownBy(() -> send("b")).isInstanceOf(IllegalStateException.class).hasMessageContaining("rolled back");
        resource.end(ONE, XAResource.TMSUCCESS);
        assertThat(code(() -> resource.commit(ONE, true))).isEqualTo(XAException.XA_RBOTHER);
        assertThat(committed()).isEmpty();
    }

    @Test
    void whatTookTooLongIsRolledBackHoweverItIsEnded() throws XAException {
        write(ONE, "a");
        server.timeOutAll();
        assertThat(code(() -> resource.prepare(ONE))).isEqualTo(XAException.XA_RBTIMEOUT);
        write(ONE, "b");
        server.timeOutAll();
        assertThat(code(() -> resource.commit(ONE, true))).isEqualTo(XAException.XA_RBTIMEOUT);
        write(ONE, "c");
        server.timeOutAll();
        resource.rollback(ONE);
        assertThat(committed()).isEmpty();
        assertThat(code(() -> branches.get(ONE))).isEqualTo(XAException.XAER_NOTA);
    }

    @Test
    void whatTookTooLongDoesNotGoOnWithHalfOfItsRecords() throws XAException {
        resource.start(ONE, XAResource.TMNOFLAGS);
        send("a");
        server.timeOutAll();
        assertThatThrownBy(() -> send("b")).isInstanceOf(RequestFailedException.class);
        assertThatThrownBy(() -> send("c")).isInstanceOf(IllegalStateException.class);
        resource.end(ONE, XAResource.TMSUCCESS);
        assertThat(code(() -> resource.commit(ONE, true))).isEqualTo(XAException.XA_RBTIMEOUT);
        assertThat(committed()).isEmpty();
    }

    @Test
    void aFailedBranchIsNotCommitted() throws XAException {
        resource.start(ONE, XAResource.TMNOFLAGS);
        send("a");
        resource.end(ONE, XAResource.TMFAIL);
        assertThat(code(() -> resource.commit(ONE, true))).isEqualTo(XAException.XA_RBROLLBACK);
        assertThat(server.states().values()).containsOnly(TransactionState.COMPLETE_ABORT);
    }

    @Test
    void withoutAServerItIsRolledBackAtOnceAndAbortedWhenOneIsThere() throws XAException {
        write(ONE, "a");
        server.stop();
        resource.rollback(ONE);
        server.startAgain();
        assertThat(server.states().values()).containsOnly(TransactionState.ONGOING);
        branches.settle();
        assertThat(server.states().values()).containsOnly(TransactionState.COMPLETE_ABORT);
        write(TWO, "b");
        resource.commit(TWO, true);
        assertThat(server.states()).as("its id is used again").hasSize(1);
        assertThat(committed()).containsExactly("k=b");
    }

    @Test
    void whenItIsNotKnownWhetherItWasPreparedItIsRolledBackAndAbortedLater() throws XAException {
        write(ONE, "a");
        server.failNext("/prepare", Fault.ANSWER_LOST);
        failUntilGivenUp("/prepare");
        failUntilGivenUp("/abort");
        assertThat(code(() -> resource.prepare(ONE))).isEqualTo(XAException.XA_RBCOMMFAIL);
        assertThat(server.states().values()).containsOnly(TransactionState.PREPARED);
        branches.settle();
        assertThat(server.states().values()).containsOnly(TransactionState.PREPARED);
        server.clearFaults();
        branches.settle();
        assertThat(server.states().values()).containsOnly(TransactionState.COMPLETE_ABORT);
        assertThat(committed()).isEmpty();
    }

    private void failUntilGivenUp(String path) {
        for (int i = 0; i < 200; i++) {
            server.failNext(path, Fault.UNAVAILABLE);
        }
    }

    @Test
    void inOnePhaseALostAnswerIsNotKnownAndNothingIsLeft() throws XAException {
        write(ONE, "a");
        server.failNext("/commit", Fault.ANSWER_LOST);
        failUntilGivenUp("/commit");
        assertThat(code(() -> resource.commit(ONE, true))).isEqualTo(XAException.XAER_RMFAIL);
        assertThat(committed()).containsExactly("k=a");
        assertThat(code(() -> resource.rollback(ONE))).isEqualTo(XAException.XAER_NOTA);
    }

    // ---- in doubt

    @ParameterizedTest
    @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = {"PARTLY_WRITTEN", "NO_SUCH_TOPIC", "EARLIER_IS_OPEN"})
    void aLostPrepareCommitOrRollbackIsAskedForAgain(Fault fault) throws XAException {
        server.failNext("/prepare", fault);
        server.failNext("/commit", fault);
        prepared(ONE, "a");
        resource.commit(ONE, false);
        server.failNext("/abort", fault);
        prepared(TWO, "b");
        resource.rollback(TWO);
        assertThat(committed()).containsExactly("k=a");
        assertThat(server.states()).hasSize(1).containsValue(TransactionState.COMPLETE_ABORT);
    }

    @Test
    void withoutAServerTheTransactionManagerIsToAskAgain() throws XAException {
        prepared(ONE, "a");
        prepared(TWO, "b");
        server.stop();
        assertThat(code(() -> resource.commit(ONE, false))).isEqualTo(XAException.XAER_RMFAIL);
        assertThat(code(() -> resource.rollback(TWO))).isEqualTo(XAException.XAER_RMFAIL);
        assertThat(code(() -> resource.commit(ONE, false))).isEqualTo(XAException.XAER_RMFAIL);
        assertThat(code(() -> resource.recover(XAResource.TMSTARTRSCAN))).isEqualTo(XAException.XAER_RMFAIL);
        server.startAgain();
        server.timeOutAll();
        resource.commit(ONE, false);
        resource.rollback(TWO);
        assertThat(committed()).containsExactly("k=a");
        assertThat(server.states()).hasSize(2).containsValues(TransactionState.COMPLETE_COMMIT, TransactionState.COMPLETE_ABORT);
    }

    @Test
    void anotherProcessFindsWhatIsPreparedAndEndsIt() throws XAException {
        prepared(ONE, "a");
        prepared(TWO, "b");
        write(TestXid.of("three"), "c");
        server.timeOutAll();

        BranchXAResource after = new BranchXAResource(open("jta"));
        List<XidText> found = new ArrayList<>(Arrays.stream(after.recover(XAResource.TMSTARTRSCAN)).map(XidText::of).toList());
        assertThat(found).containsExactlyInAnyOrder(XidText.of(ONE), XidText.of(TWO));
        assertThat(after.recover(XAResource.TMENDRSCAN)).isEmpty();
        assertThat(new BranchXAResource(open("other")).recover(XAResource.TMSTARTRSCAN)).isEmpty();
        assertThat(code(() -> new BranchXAResource(open("other")).commit(ONE, false))).isEqualTo(XAException.XAER_NOTA);
        after.commit(ONE, false);
        after.rollback(TWO);
        after.commit(ONE, false);
        after.rollback(TWO);
        assertThat(committed()).containsExactly("k=a");
        assertThat(after.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN)).isEmpty();
        assertThat(code(() -> after.commit(TestXid.of("three"), false))).isEqualTo(XAException.XAER_NOTA);
    }

    @Test
    void whatAnOperatorDecidedOtherwiseIsHeuristicHereAndElsewhere() throws XAException {
        prepared(ONE, "a");
        server.decideAll(TransactionResult.ABORT);
        assertThat(code(() -> resource.commit(ONE, false))).isEqualTo(XAException.XA_HEURRB);
        assertThat(code(() -> new BranchXAResource(open("jta")).commit(ONE, false))).isEqualTo(XAException.XA_HEURRB);
        new BranchXAResource(open("jta")).rollback(ONE);
        prepared(TWO, "b");
        server.decideAll(TransactionResult.COMMIT);
        assertThat(code(() -> resource.rollback(TWO))).isEqualTo(XAException.XA_HEURCOM);
        assertThat(code(() -> new BranchXAResource(open("jta")).rollback(TWO))).isEqualTo(XAException.XA_HEURCOM);
        new BranchXAResource(open("jta")).commit(TWO, false);
        resource.forget(TWO);
        assertThat(committed()).containsExactly("k=b");
    }
}
