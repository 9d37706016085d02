package io.millrace.rest.internal;

import io.millrace.agreement.Member;
import io.millrace.broker.Transport;
import io.millrace.broker.fetch.FetchAllRequest;
import io.millrace.broker.fetch.FetchAllResult;
import io.millrace.group.GroupPeers;
import io.millrace.group.GroupSummary;
import io.millrace.group.delivery.Deliveries;
import io.millrace.group.delivery.HandedOn;
import io.millrace.log.AppendResult;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.ReplicaEnd;
import io.millrace.metadata.TopicPartition;
import io.millrace.replica.core.ReplicaFetchRequest;
import io.millrace.replica.core.ReplicaFetchResponse;
import io.millrace.replica.hosting.Acks;
import io.millrace.replica.hosting.ReadMemory;
import io.millrace.rest.cluster.BodySeal;
import io.millrace.rest.cluster.BrokerHeaders;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.BrokerTls;
import io.millrace.rest.cluster.RequestHead;
import io.millrace.rest.dialect.MediaTypes;
import io.millrace.rest.dialect.TransactionHeader;
import io.millrace.rest.routing.BrokerClient;
import io.millrace.tracing.TraceSpan;
import io.millrace.transaction.coordinator.Owners;
import io.millrace.transaction.coordinator.TransactionFilter;
import io.millrace.transaction.coordinator.TransactionList;
import io.millrace.transaction.routing.HangingHere;
import io.millrace.transaction.routing.TransactionTransport;
import io.millrace.transaction.state.OpenTransaction;
import io.millrace.transaction.state.ProducerIdAndEpoch;
import io.millrace.transaction.state.TransactionMarker;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * Other brokers over HTTP, at their internal paths. Of the replica fetches
 * each holds a thread of the executor: one at a time for each broker that is followed, a few where that one hangs, and one
 * for each replica that is being healed.
 */
public final class HttpTransport implements Transport, Deliveries, GroupPeers, TransactionTransport, AutoCloseable {
    /** What a broker may take beyond the time that it is asked to wait, in ms. */
    private static final long GRACE_MS = 5_000;
    /** How long an append may take to reach every in-sync replica, in ms. */
    private static final long APPEND_MS = 30_000;

    /** Of an answer about transactions: what a list may take, also with the most bytes that a character has. */
    static final int MAX_TRANSACTIONS_BYTES = 8 * 1024 * 1024;

    private static final String OCTETS = "application/octet-stream";

    private final BrokerSignatures signatures;
    private final Executor executor;
    private final BrokerClient client;
    private final WaitingExchange fetches;

    /**
     * @param signatures show who asks
     * @param executor   for the client's work and for replica fetches, which wait; has a thread for whatever it is given
     * @param tls        for brokers whose URL says https
     */
    public HttpTransport(BrokerSignatures signatures, Executor executor, BrokerTls tls) {
        this.signatures = signatures;
        this.executor = executor;
        this.client = new BrokerClient(executor, tls);
        this.fetches = new WaitingExchange(tls);
    }

    @Override
    public CompletableFuture<ReplicaFetchResponse> fetch(Member leader, ReplicaFetchRequest request) {
        String path = "/internal/" + InternalResource.REPLICA_FETCH;
        try {
            return CompletableFuture.supplyAsync(() -> {
                BrokerAnswer answer;
                try {
                    Outgoing signed = signed(leader, path, null, Map.of("Content-Type", OCTETS, "Accept", "*/*"),
                            ReplicaFetchCodec.encode(request));
                    answer = fetches.post(leader, path, signed.headers(), ByteBuffer.wrap(signed.seal().whole(signed.body())),
                            request.maxWaitMs() + (int) GRACE_MS);
                } catch (IOException | IllegalArgumentException | IllegalStateException failure) {
                    throw unreachable(leader, failure);
                }
                return understood(leader, answer, "replica fetch", ReplicaFetchCodec::decodeResponse);
            }, executor);
        } catch (IllegalStateException | RejectedExecutionException stopping) {
            return CompletableFuture.failedFuture(unreachable(leader, stopping));
        }
    }

    /** Ends the replica fetches that are under way. */
    @Override
    public void close() {
        fetches.close();
    }

    @Override
    public CompletableFuture<FetchAllResult> fetchAll(Member leader, FetchAllRequest request, ReadMemory memory) {
        CompletableFuture<FetchAllResult> answer = new CompletableFuture<>();
        // Earlier versions refuse what they cannot read: while servers are updated one after the other they must be asked, too.
        fetchAll(leader, request, FetchAllCodec.encode(request), memory)
                .exceptionallyCompose(failure -> again(leader, request, FetchAllCodec.WITHOUT_ISOLATION, memory, failure))
                .exceptionallyCompose(failure -> again(leader, request, FetchAllCodec.WITHOUT_EPOCHS, memory, failure))
                .exceptionallyCompose(failure -> again(leader, request, FetchAllCodec.WITHOUT_IDS, memory, failure))
                .whenComplete((result, failure) -> {
            boolean used = failure == null ? answer.complete(result) : answer.completeExceptionally(failure);
            if (!used || failure != null || result.parts().stream().allMatch(part -> part.bytes() == 0)) {
                memory.release();
            }
        });
        return answer;
    }

    private CompletableFuture<FetchAllResult> fetchAll(Member leader, FetchAllRequest request, ByteBuffer encoded,
                                                       ReadMemory memory) {
        return post(leader, "/internal/" + InternalResource.FETCH_ALL, encoded,
                request.maxWaitMs() + GRACE_MS, new GrantedBody(memory::take, request.maxBytes()),
                answer -> understood(leader, answer, "fetch", FetchAllCodec::decodeResult));
    }

    private CompletableFuture<FetchAllResult> again(Member leader, FetchAllRequest request, byte version, ReadMemory memory,
                                                    Throwable failure) {
        memory.release();
        return isRefused(failure) ? fetchAll(leader, request, FetchAllCodec.encodeFor(version, request), memory)
                : CompletableFuture.failedFuture(failure);
    }

    private static boolean isRefused(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof BrokerException known && known.kind() == ErrorKind.INVALID_REQUEST;
    }

    @Override
    public CompletableFuture<AppendResult> append(Member leader, String topic, int partition, ByteBuffer batches,
                                                  Acks acks, String transactionalId, TraceSpan span) {
        Map<String, String> headers = new HashMap<>();
        headers.put("Content-Type", MediaTypes.BATCH);
        if (transactionalId != null) {
            headers.put(TransactionHeader.NAME, TransactionHeader.of(transactionalId).text());
        }
        span.carry(headers::put);
        return post(leader, AppendResource.PATH + topic + "/partitions/" + partition, "acks=" + word(acks), headers, batches,
                APPEND_MS + GRACE_MS, HttpResponse.BodyHandlers.ofByteArray(), BrokerAnswer::appended);
    }

    @Override
    public CompletableFuture<List<ReplicaEnd>> replicaEnds(Member broker, String topic, UUID topicId, List<Integer> partitions) {
        return post(broker, "/internal/" + InternalResource.REPLICA_ENDS,
                ReplicaEndsCodec.encode(new ReplicaEndsCodec.Question(topic, topicId, partitions)), GRACE_MS,
                answer -> understood(broker, answer, "question for the ends of replicas", ReplicaEndsCodec::decodeAnswer));
    }

    @Override
    public CompletableFuture<Boolean> wasWritten(Member entry, String group, String consumer, HandedOn answer) {
        return post(entry, "/internal/" + InternalResource.POLL_ANSWERS,
                PollAnswerCodec.encode(new PollAnswerCodec.Question(group, consumer, answer)), GRACE_MS,
                BrokerAnswer::body).thenCompose(told -> PollAnswerCodec.isNotYet(told) ? wasWritten(entry, group, consumer, answer)
                : CompletableFuture.completedFuture(PollAnswerCodec.isYes(told)));
    }

    @Override
    public CompletableFuture<List<GroupSummary>> groups(Member other) {
        return post(other, "/internal/" + InternalResource.GROUPS, null, GRACE_MS,
                new GrantedBody(GroupListCodec::requireTakeable, 0),
                answer -> understood(other, answer, "question for its groups", GroupListCodec::decode));
    }

    @Override
    public CompletableFuture<?> addPartition(Member coordinator, String transactionalId, ProducerIdAndEpoch named,
                                             TopicPartition partition) {
        return ask(coordinator, TransactionInternalResource.ADD_PARTITION,
                TransactionCodec.encode(new TransactionCodec.Question(transactionalId, named, partition)), BrokerAnswer::body);
    }

    @Override
    public CompletableFuture<?> awaitEarlier(Member coordinator, String transactionalId, ProducerIdAndEpoch named) {
        return ask(coordinator, TransactionInternalResource.AWAIT_EARLIER,
                TransactionCodec.encode(new TransactionCodec.Question(transactionalId, named, null)), BrokerAnswer::body);
    }

    @Override
    public CompletableFuture<ProducerIdAndEpoch> producer(Member coordinator, String transactionalId, ProducerIdAndEpoch named) {
        return ask(coordinator, TransactionInternalResource.PRODUCER,
                TransactionCodec.encode(new TransactionCodec.Question(transactionalId, named, null)),
                answer -> understood(coordinator, answer, "question for a producer", TransactionCodec::decodeProducer));
    }

    @Override
    public CompletableFuture<List<BrokerException>> writeMarkers(Member leader, List<TransactionMarker> markers) {
        return ask(leader, TransactionInternalResource.MARKERS, TransactionCodec.encodeMarkers(markers),
                answer -> understood(leader, answer, "list of markers",
                        message -> TransactionCodec.decodeOutcomes(message, markers.size())));
    }

    @Override
    public CompletableFuture<TransactionList> transactions(Member coordinator, TransactionFilter filter, int limit) {
        return ask(coordinator, TransactionInternalResource.LIST, TransactionCodec.encode(new TransactionCodec.ListQuestion(filter, limit)),
                answer -> understood(coordinator, answer, "question for its transactions", TransactionCodec::decodeList));
    }

    @Override
    public CompletableFuture<Owners> owners(Member coordinator, List<OpenTransaction> open) {
        return ask(coordinator, TransactionInternalResource.OWNERS, TransactionCodec.encodeOpen(open),
                answer -> understood(coordinator, answer, "question for the owners of transactions",
                        message -> TransactionCodec.decodeOwners(message, open.size())));
    }

    @Override
    public CompletableFuture<HangingHere> hanging(Member leader, long hangsMs) {
        return ask(leader, TransactionInternalResource.HANGING, TransactionCodec.encodeHangingQuestion(hangsMs),
                answer -> understood(leader, answer, "question for what hangs", TransactionCodec::decodeHanging));
    }

    private <T> CompletableFuture<T> ask(Member to, String what, ByteBuffer question, Function<BrokerAnswer, T> understood) {
        return post(to, TransactionInternalResource.PATH + what, question, APPEND_MS + GRACE_MS,
                new GrantedBody(HttpTransport::requireTakeable, 0), understood);
    }

    /** @throws BrokerException OVERLOADED for an answer that is too large to be taken */
    private static void requireTakeable(long bytes) {
        if (bytes > MAX_TRANSACTIONS_BYTES) {
            throw new BrokerException(ErrorKind.OVERLOADED, "its answer about transactions has %d bytes, of which at most %d are taken"
                    .formatted(bytes, MAX_TRANSACTIONS_BYTES));
        }
    }

    private static <T> T understood(Member leader, BrokerAnswer answer, String what, Function<ByteBuffer, T> decoder) {
        try {
            return decoder.apply(ByteBuffer.wrap(answer.body()));
        } catch (InvalidMessageException e) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the answer of " + named(leader)
                    + " to a " + what + " cannot be read: " + e.getMessage(), e);
        }
    }

    private <T> CompletableFuture<T> post(Member to, String path, ByteBuffer body, long timeoutMs,
                                          Function<BrokerAnswer, T> understood) {
        return post(to, path, body, timeoutMs, HttpResponse.BodyHandlers.ofByteArray(), understood);
    }

    private <T> CompletableFuture<T> post(Member to, String path, ByteBuffer body, long timeoutMs, BodyHandler<byte[]> answers,
                                          Function<BrokerAnswer, T> understood) {
        return post(to, path, null, Map.of("Content-Type", OCTETS), body, timeoutMs, answers, understood);
    }

    /** @param body null: none */
    private <T> CompletableFuture<T> post(Member to, String path, String query, Map<String, String> headers, ByteBuffer body,
                                          long timeoutMs, BodyHandler<byte[]> answers, Function<BrokerAnswer, T> understood) {
        CompletableFuture<HttpResponse<byte[]>> exchange;
        try {
            Outgoing signed = signed(to, path, query, headers, body);
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(to.url() + path + (query == null ? "" : "?" + query)))
                    .timeout(Duration.ofMillis(timeoutMs)).POST(signed.publisher());
            signed.headers().forEach(request::header);
            exchange = client.send(request.build(), answers);
        } catch (IllegalArgumentException | IllegalStateException | RejectedExecutionException e) {
            // no secret, no usable address, or this server is stopping
            return CompletableFuture.failedFuture(unreachable(to, e));
        }
        return exchange.handle((response, failure) -> {
            if (failure != null) {
                throw unreachable(to, failure);
            }
            return understood.apply(BrokerAnswer.of(to, response));
        });
    }

    /** A request as it goes out. @param body null: none */
    private record Outgoing(Map<String, String> headers, ByteBuffer body, BodySeal seal) {
        BodyPublisher publisher() {
            return body == null ? BodyPublishers.noBody() : BodyPublishers.fromPublisher(
                    BodyPublishers.ofByteArrays(seal.frames(body)), BodySeal.framedLength(body.remaining()));
        }
    }

    /** @throws IllegalStateException when this broker knows no secret */
    private Outgoing signed(Member to, String path, String query, Map<String, String> headers, ByteBuffer body) {
        Map<String, String> all = new HashMap<>(headers);
        if (body != null) {
            all.put(BrokerHeaders.BODY, Integer.toString(body.remaining()));
        }
        BrokerSignatures.Signed signed = signatures.sign(new RequestHead("POST", path, query,
                name -> all.containsKey(name) ? List.of(all.get(name)) : List.of()), to.brokerId(), to.session());
        all.putAll(signed.headers());
        return new Outgoing(all, body, signed.seal());
    }

    private static BrokerException unreachable(Member broker, Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause() : failure;
        if (cause instanceof BrokerException refused) {
            return refused; // by this broker, which has no room for the answer
        }
        boolean late = cause instanceof SocketTimeoutException
                || cause instanceof HttpTimeoutException && !(cause instanceof HttpConnectTimeoutException);
        return new BrokerException(ErrorKind.UNAVAILABLE,
                named(broker) + (late ? " did not answer in time" : " cannot be reached"), cause);
    }

    private static String named(Member broker) {
        return "broker " + broker.brokerId() + " at " + broker.url();
    }

    private static String word(Acks acks) {
        return switch (acks) {
            case NONE -> "0";
            case LEADER -> "1";
            case ALL -> "all";
        };
    }
}
