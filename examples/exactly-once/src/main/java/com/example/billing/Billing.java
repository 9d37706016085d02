package com.example.billing;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Reads orders; writes a bill and a line for the warehouse of each; commits how far it has read: all of it or nothing, and so
 * each order is billed exactly once, whatever dies in between.
 *
 * <p>There is one answer to any trouble: {@link #begin} again. That aborts what is open under the transactional id, ends what
 * is decided, and fences whoever else writes under it; and the consumer that it creates goes on after the last order whose
 * transaction was committed. So it need not even be known whether the commit that was not answered was carried out.
 */
final class Billing implements Runnable {
    static final String ORDERS = "orders";
    static final String BILLS = "bills";
    static final String PICKING = "picking";

    private static final System.Logger LOG = System.getLogger(Billing.class.getName());
    private static final String GROUP = "billing";
    /** What is not committed in this time is aborted, so that readers of what is committed are not held back. */
    private static final int TRANSACTION_TIMEOUT_MS = 20_000;
    private static final int PAUSE_MS = 500;

    private final Millrace millrace;
    private final String transactionalId;
    private long producerEpoch;
    private String consumer;
    private String member;
    private volatile boolean stopped;

    /** @param transactionalId of this instance of the application, the same after a restart, and no other instance's */
    Billing(Millrace millrace, String transactionalId) {
        this.millrace = millrace;
        this.transactionalId = transactionalId;
    }

    /** Until {@link #stop}. */
    @Override
    public void run() {
        while (!stopped) {
            try {
                begin();
                while (!stopped) {
                    billSome();
                }
            } catch (NotDoneException trouble) {
                LOG.log(Level.INFO, "billing begins again: {0}", trouble.getMessage());
                millrace.turnAway();
                pause();
            }
        }
    }

    private void begin() throws NotDoneException {
        producerEpoch = millrace.post("/transactions", Json.createObjectBuilder().add("transactional_id", transactionalId)
                .add("timeout_ms", TRANSACTION_TIMEOUT_MS).build()).object().getInt("producer_epoch");
        // with the same group.instance.id it takes the place of the one before, which is given nothing any more
        JsonObject created = millrace.post("/consumers/" + GROUP, Json.createObjectBuilder().add("group.instance.id", transactionalId)
                .add("format", "json").add("isolation.level", "read_committed").add("auto.offset.reset", "earliest")
                .add("enable.auto.commit", false).build()).object();
        consumer = "/consumers/" + GROUP + "/instances/" + path(created.getString("base_uri"));
        member = created.getString("instance_id");
        millrace.post(consumer + "/subscription", Json.createObjectBuilder().add("topics", Json.createArrayBuilder().add(ORDERS)).build());
    }

    /** Any server serves the consumer: of its URI what comes after the instances. */
    private static String path(String uri) {
        String before = "/instances/";
        return uri.substring(uri.indexOf(before) + before.length());
    }

    private void billSome() throws NotDoneException {
        Millrace.Answer polled = millrace.poll(consumer + "/records?timeout=1000");
        JsonArray orders = polled.array();
        if (orders.isEmpty()) {
            return;
        }
        Map<Integer, JsonArrayBuilder> bills = new TreeMap<>();
        JsonArrayBuilder picking = Json.createArrayBuilder();
        Map<Integer, Long> next = new TreeMap<>();
        for (JsonObject each : orders.getValuesAs(JsonObject.class)) {
            JsonObject order = each.getJsonObject("value");
            int partition = each.getInt("partition");
            bills.computeIfAbsent(partition, of -> Json.createArrayBuilder()).add(bill(each, order));
            picking.add(line(order));
            next.put(partition, each.getJsonNumber("offset").longValueExact() + 1);
        }
        // the first record begins the transaction
        String transaction = transactionalId + ";epoch=" + producerEpoch;
        for (Map.Entry<Integer, JsonArrayBuilder> of : bills.entrySet()) {
            // to the partition of the orders, so that the bills have their order
            millrace.produce("/topics/" + BILLS + "/partitions/" + of.getKey(), transaction, records(of.getValue()));
        }
        millrace.produce("/topics/" + PICKING, transaction, records(picking));
        commit(next, polled.number("Millrace-Member-Epoch"));
    }

    private static JsonObjectBuilder bill(JsonObject record, JsonObject order) {
        return Json.createObjectBuilder().add("key", record.get("key")).add("value", Json.createObjectBuilder()
                .add("order", order.getInt("order")).add("amount", order.getInt("count") * order.getInt("price")));
    }

    private static JsonObjectBuilder line(JsonObject order) {
        return Json.createObjectBuilder().add("key", order.getString("item")).add("value", Json.createObjectBuilder()
                .add("order", order.getInt("order")).add("count", order.getInt("count")));
    }

    private static JsonObject records(JsonArrayBuilder records) {
        return Json.createObjectBuilder().add("records", records).build();
    }

    private void commit(Map<Integer, Long> next, long memberEpoch) throws NotDoneException {
        JsonArrayBuilder offsets = Json.createArrayBuilder();
        next.forEach((partition, offset) -> offsets.add(Json.createObjectBuilder().add("topic", ORDERS)
                .add("partition", partition).add("offset", offset)));
        String path = "/transactions/" + transactionalId;
        // refused where the consumer has lost a partition meanwhile: the orders are somebody else's then
        millrace.post(path + "/offsets", Json.createObjectBuilder().add("producer_epoch", producerEpoch).add("group", GROUP)
                .add("member", member).add("member_epoch", memberEpoch).add("offsets", offsets).build());
        // each transaction has an epoch of its own: the answer has the next one's
        producerEpoch = millrace.post(path + "/commit", Json.createObjectBuilder().add("producer_epoch", producerEpoch).build())
                .object().getInt("producer_epoch");
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stop();
        }
    }

    void stop() {
        stopped = true;
    }
}
