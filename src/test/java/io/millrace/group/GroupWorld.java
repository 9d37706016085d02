package io.millrace.group;

import io.millrace.broker.SimulatedTime;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.SimulatedGroups.Weather;
import io.millrace.metadata.TopicIdPartition;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** What simulated consumers of one group live in: servers that they may ask, and what is held against what they meet. */
interface GroupWorld {
    /** The group. */
    String GROUP = "billing";

    Random random();

    SimulatedTime time();

    Weather weather();

    /** What the group reads. */
    String topic();

    TopicView topics();

    SimulatedConsumers consumers();

    GroupPromises promises();

    /** In which consumers commit; null: in none. */
    default SimulatedTransactions transactions() {
        return null;
    }

    /** Whether nothing fails any more. */
    boolean isSettling();

    /** The most that a poll asks for, in bytes. */
    int pollBytes();

    /** How many servers there are; their ids begin at 1. */
    int servers();

    /**
     * Asks a server.
     *
     * @param consumer who asks
     * @param received number of the last poll that it got, or null: it does not say
     * @param answer   takes what came of it, or the failure
     * @param <T>      what is answered
     */
    <T> void ask(int server, String consumer, Long received, SimulatedEntry.Call<T> call, CompletableFuture<T> answer);

    /** Of which topic the records of a part are. */
    TopicIdPartition id(FetchAllResult.Part part);

    /** Keeps what happened for a failure's message. */
    void note(String what);
}
