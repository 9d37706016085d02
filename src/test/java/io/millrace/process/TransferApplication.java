package io.millrace.process;

import io.millrace.process.TransactionalProducer.FencedException;
import io.millrace.process.TransactionalProducer.LostTransactionException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Reads one topic and writes two, in transactions that commit how far it has read. Now and then it changes its mind and aborts.
 * One thread.
 */
final class TransferApplication {
    static final String INPUT = "input";
    /** What it tells of each transaction that was committed begins so. */
    static final String COMMITTED = "committed ";
    private static final Duration PATIENCE = Duration.ofSeconds(8);
    /** Of so many transactions one is aborted that could be committed. */
    private static final int ABORTED_OF = 12;

    private final String group;
    private final int partitions;
    private final TransactionalProducer producer;
    private final TransferMember member;
    private final Consumer<String> told;
    private final Random random = new Random();

    /** @param told a line for each transaction */
    TransferApplication(List<URI> urls, String group, String transactionalId, int partitions, int transactionMs, int sessionMs,
                        Consumer<String> told) {
        this.group = group;
        this.partitions = partitions;
        this.told = told;
        AnyServer servers = new AnyServer(urls, transactionalId.hashCode(), PATIENCE);
        // some know again what was sent twice, the others give a transaction up where an answer is lost
        boolean counting = transactionalId.hashCode() % 2 == 0;
        this.producer = new TransactionalProducer(servers, transactionalId, transactionMs, counting);
        // and what one gives up is given to it again, where another one's partitions go to the others meanwhile
        this.member = new TransferMember(servers, group, INPUT, counting ? transactionalId : null, sessionMs);
    }

    /** @throws FencedException when another one has its transactional id */
    void run(BooleanSupplier stopped) throws InterruptedException, FencedException {
        producer.begin();
        told.accept("begun");
        while (!stopped.getAsBoolean()) {
            TransferMember.Polled polled = member.poll();
            if (polled != null && !isTransferred(polled)) {
                producer.abort();
                member.leave(); // what it was given must be given again, to whoever has the partition then
            }
        }
        member.leave();
    }

    private boolean isTransferred(TransferMember.Polled polled) throws InterruptedException {
        try {
            for (List<String> values : polled.values().values()) {
                send(values);
            }
            producer.sendOffsets(group, member.name(), polled.epoch(), INPUT, polled.next());
            if (random.nextInt(ABORTED_OF) == 0) {
                told.accept("aborts " + polled.next());
                return false;
            }
            producer.commit();
            told.accept(COMMITTED + polled.next());
            return true;
        } catch (LostTransactionException lost) {
            told.accept("lost " + polled.next() + ": " + lost.getMessage());
            return false;
        }
    }

    /** What is made of records of one partition, in few requests. */
    private void send(List<String> values) throws LostTransactionException, InterruptedException {
        for (TransferOutput output : TransferOutput.values()) {
            for (int partition = 0; partition < partitions; partition++) {
                int target = partition;
                List<String> made = values.stream().filter(value -> output.partition(value, partitions) == target)
                        .map(output::value).toList();
                if (!made.isEmpty()) {
                    producer.send(output.label(), target, made);
                }
            }
        }
    }
}
