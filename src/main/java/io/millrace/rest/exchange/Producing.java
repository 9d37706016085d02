package io.millrace.rest.exchange;

import io.millrace.broker.Broker;
import io.millrace.broker.produce.PartitionBatches;
import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.broker.produce.RecordRules;
import io.millrace.log.AppendResult;
import io.millrace.record.RecordBatch;
import io.millrace.replica.hosting.Acks;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.access.ProducerIdAccess;
import io.millrace.rest.access.TransactionAccess;
import io.millrace.rest.body.Answer;
import io.millrace.rest.body.JsonBodies;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RequestBody;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.cluster.CallerAddress;
import io.millrace.rest.cluster.RequestSpan;
import io.millrace.rest.dialect.ListProducer;
import io.millrace.rest.dialect.ProduceResultWriter;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordListReader;
import io.millrace.rest.dialect.RequestException;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.rest.model.BatchOffsets;
import io.millrace.tracing.TraceSpan;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The way of a produce request: its body is read on the request's thread and given to the broker; the answer goes out
 * on the thread that completes the append. Its memory is reserved from before the first byte until then.
 */
@ApplicationScoped
public class Producing {
    @Inject
    BrokerAccess access;
    @Inject
    RestLimits limits;
    @Inject
    MemoryBudget budget;
    @Inject
    HttpServletRequest request;
    @Inject
    JsonBodies json;
    @Inject
    TransactionAccess transactions;
    @Inject
    ProducerIdAccess producerIds;

    /**
     * Produces a list of records.
     *
     * @param partition     the one that the path names, or {@link RecordAccumulator#ANY_PARTITION}
     * @param transaction   that they are part of, or null
     * @param contentLength the header's value, or null
     * @throws RequestException 400 when the transaction has no epoch
     */
    public void records(String topic, int partition, RecordFormat format, Acks acks, TransactionHeader transaction,
                        String contentLength, InputStream body, AsyncResponse response) {
        if (transaction != null && transaction.epoch().isEmpty()) {
            throw RequestException.badRequest("the header " + TransactionHeader.NAME + " names no epoch: add ;epoch=<producer_epoch>");
        }
        Broker broker = access.broker();
        RecordAccumulator records = broker.accumulator(topic);
        if (partition != RecordAccumulator.ANY_PARTITION) {
            requirePartition(broker, topic, partition);
        }
        MemoryBudget.Reservation memory = budget.reserve(CallerAddress.of(request), 0);
        try {
            byte[] list = read(contentLength, body, memory);
            // the body and its records side by side, then its records and the answer
            memory.growTo(2L * list.length);
            RecordListReader reader = new RecordListReader(format, partition, records.partitionCount());
            int count = reader.read(list, records::append);
            reader.producer().ifPresent(producer -> {
                requireGiven(producer.id(), transaction);
                sign(records, producer);
            });
            if (acks == Acks.NONE) {
                records.requireNoneRefused(); // nobody would be told of them
            }
            memory.resize(list.length + ProduceResultWriter.bytesFor(count, records.refusedCount()));
            records.follow(RequestSpan.of(request));
            produce(broker, records, acks, transaction, reader.producer())
                    .whenComplete((result, failure) -> memory.close())
                    .whenComplete(Answer.to(response, result -> acks == Acks.NONE
                            ? Response.noContent().build()
                            : ProduceResultWriter.toJson(result)));
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    private CompletableFuture<ProduceResult> produce(Broker broker, RecordAccumulator records, Acks acks,
                                                     TransactionHeader transaction, Optional<ListProducer> named) {
        if (transaction == null) {
            return broker.produce(records, acks);
        }
        short epoch = (short) transaction.epoch().getAsInt();
        return transactions.transactions().producer(transaction.transactionalId(), epoch).thenCompose(producer -> {
            named.filter(each -> each.id() != producer.producerId() || each.epoch() != epoch).ifPresent(other -> {
                throw RequestException.unprocessable("the records name producer " + other.id() + ", epoch " + other.epoch()
                        + ", but the transaction is of " + producer + ": name that one, or leave it out");
            });
            records.setTransaction(transaction.transactionalId(), producer.producerId(), epoch);
            return broker.produce(records, acks);
        });
    }

    /**
     * Produces record batches as they are.
     *
     * @param rules       which of the topic's they are held against; a broker that has done so has looked at their producer, too
     * @param transaction that they are part of, or null
     */
    public void batches(String topic, int partition, Acks acks, RecordRules rules, TransactionHeader transaction, String contentLength,
                        InputStream body, AsyncResponse response) {
        Broker broker = access.broker();
        requirePartition(broker, topic, partition);
        MemoryBudget.Reservation memory = budget.reserve(CallerAddress.of(request), 0);
        TraceSpan span = TraceSpan.NONE;
        try {
            byte[] batches = read(contentLength, body, memory);
            if (batches.length == 0) {
                throw RequestException.unprocessable(
                        "the request body is empty; at least one record batch is expected");
            }
            if (rules == RecordRules.IN_FORCE) {
                requireGiven(producerOf(batches), transaction);
            }
            span = RequestSpan.of(request).append(topic, partition, acks.name());
            if (span.isRecorded()) {
                span.records(RecordCount.in(ByteBuffer.wrap(batches)));
            }
            CompletableFuture<AppendResult> append = append(broker, topic, partition, ByteBuffer.wrap(batches), acks, rules, transaction);
            span.endWith(append);
            append.whenComplete((result, failure) -> memory.close())
                    .whenComplete(Answer.to(response, result -> acks == Acks.NONE
                            ? Response.noContent().build()
                            : json.write(new BatchOffsets(partition, result.baseOffset(), result.lastOffset()))));
        } catch (RuntimeException | Error e) {
            memory.close();
            span.fail(e);
            throw e;
        }
    }

    private static CompletableFuture<AppendResult> append(Broker broker, String topic, int partition, ByteBuffer batches, Acks acks,
                                                          RecordRules rules, TransactionHeader transaction) {
        if (transaction == null) {
            return broker.append(topic, partition, batches, acks, rules);
        }
        boolean whole = batches.remaining() >= RecordBatch.HEADER_BYTES;
        transaction.epoch().ifPresent(epoch -> {
            if (whole && RecordBatch.producerEpochAt(batches, 0) != epoch) {
                throw RequestException.unprocessable("the header " + TransactionHeader.NAME + " says epoch " + epoch
                        + ", and the first batch " + RecordBatch.producerEpochAt(batches, 0) + ": leave the header's out, or let"
                        + " them say the same");
            }
        });
        return broker.transactions().append(topic, partition, batches, acks, rules, transaction.transactionalId());
    }

    /** All batches of a request are of one producer, or the broker refuses them; where none begins, it says so. */
    private static long producerOf(byte[] batches) {
        ByteBuffer first = ByteBuffer.wrap(batches);
        return batches.length < RecordBatch.HEADER_BYTES || RecordBatch.magicAt(first, 0) != RecordBatch.MAGIC
                ? RecordBatch.NO_PRODUCER_ID : RecordBatch.producerIdAt(first, 0);
    }

    /** In a transaction its coordinator is asked whose the id is. */
    private void requireGiven(long producerId, TransactionHeader transaction) {
        if (producerId > RecordBatch.NO_PRODUCER_ID && transaction == null) {
            producerIds.producerIds().requireGiven(producerId);
        }
    }

    private static void sign(RecordAccumulator records, ListProducer producer) {
        List<Integer> partitions = records.touched().stream().map(PartitionBatches::partition).toList();
        records.setProducer(producer.id(), producer.epoch(), producer.sequencesIn(partitions));
    }

    /**
     * Reads the body of a request, on its own thread.
     *
     * @param memory grows with it
     * @throws RequestException when it does not come, or is too large
     */
    public byte[] read(String contentLength, InputStream body, MemoryBudget.Reservation memory) {
        return new RequestBody(body, contentLength, limits.maxRequestBytes(), memory).readFully();
    }

    /** Before the body is read: a request that goes nowhere costs nothing. */
    private static void requirePartition(Broker broker, String topic, int partition) {
        broker.requireLed(topic, partition);
    }
}
