package io.millrace.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The values of all settings, read and checked once. Immutable. */
public final class Settings {
    public static final String PREFIX = "millrace.";
    /** Begins what {@code deploy/local.sh} is told in the same environment; none of it is the server's. */
    private static final String LOCAL_SCRIPT_PREFIX = "millrace.local.";
    /** Where the server keeps what it writes: set by the application server. */
    private static final String OUTPUT_FOLDER = "server.output.dir";

    private static final int MIB = 1 << 20;
    private static final long TIB = 1L << 40;

    public static final Setting BROKER_ID = number("millrace.broker.id", 0, Integer.MAX_VALUE, "", 1,
            "This broker's id, unlike every other broker's of the cluster.");
    public static final Setting HTTP_HOST = text("millrace.http.host", "a host name or address", "localhost",
            "Where the server listens; `*` opens it on every interface. Read by server.xml.");
    public static final Setting HTTP_PORT = number("millrace.http.port", 1, 65_535, "", 9080,
            "The HTTP port. Read by server.xml.");
    public static final Setting SECURITY = new Setting("millrace.security",
            new SettingType.Checked("on, off, or nothing", Set.of("on", "off", "")::contains), "",
            "Whether callers must be known to the server's container, and are held to roles, permissions and quotas; nothing: off, and no"
                    + " start where other machines reach the server.");
    public static final Setting LOG_DIRS = new Setting("millrace.log.dirs", new SettingType.Folders(), "data",
            "Log directories, best one a disk; relative ones begin at `${server.output.dir}`.");
    public static final Setting LOG_DIRS_LOST = new Setting("millrace.log.dirs.lost",
            new SettingType.Optional("ids of log directories, separated by commas, or nothing"), "",
            "Log directories that are lost for good, by the ids that a refused start names: the server starts without"
            + " them, and what only they held is gone.");
    public static final Setting LOG_QUEUE_BYTES = number("millrace.log.queue.bytes", MIB, TIB, "bytes", 64 * MIB,
            "Bytes that may wait for the writer of a log directory; beyond them producers get 503.");
    public static final Setting LOG_QUEUE_APPENDS = number("millrace.log.queue.appends", 1, 10_000_000, "appends",
            10_000, "Appends that may wait for the writer of a log directory; beyond them producers get 503.");
    public static final Setting LOG_FLUSH_INTERVAL_MS = number("millrace.log.flush.interval.ms", 1, 3_600_000, "ms",
            1_000, "How often a topic with flush=interval is forced to disk.");
    public static final Setting LOG_FILES_MAX = number("millrace.log.files.max", 0, 10_000_000, "files", 0,
            "Files of logs that may be open at a time, the others being opened when they are used; 0: half of what the"
            + " process may open beyond 1,000, and 64 at least.");
    public static final Setting LOG_RETENTION_CHECK_INTERVAL_MS = number("millrace.log.retention.check.interval.ms",
            100, 86_400_000, "ms", 300_000, "How often retention and the roll of segments by time are applied.");
    public static final Setting LOG_SCRUB_INTERVAL_MS = number("millrace.log.scrub.interval.ms", 0, 31_536_000_000L,
            "ms", 604_800_000, "In which time every segment is read once and its checksums looked at, so that damage is"
            + " found while other replicas have good copies; 0: never.");
    public static final Setting LOG_SCRUB_BYTES = number("millrace.log.scrub.bytes", 1024, TIB, "bytes a second",
            16 * MIB, "The fastest that segments are read for it.");
    public static final Setting LOG_CLEANER_MEMORY_BYTES = number("millrace.log.cleaner.memory.bytes", 65_536, TIB, "bytes",
            32 * MIB, "Memory for the newest offset of each key while a log is compacted, 48 bytes a key, taken only then and as"
            + " needed; a log with more keys takes several passes.");
    public static final Setting LOG_CLEANER_BYTES = number("millrace.log.cleaner.bytes", 65_536, TIB, "bytes a second",
            320 * MIB, "The fastest that logs are read and written to compact them; what was not compacted yet is read twice.");
    public static final Setting LOG_CLEANER_INTERVAL_MS = number("millrace.log.cleaner.interval.ms", 10, 86_400_000, "ms",
            15_000, "How often it is looked which logs are to be compacted.");
    public static final Setting LOG_MAX_PRODUCERS = number("millrace.log.max.producers", 1, 10_000_000, "producers", 10_000,
            "Idempotent producers that a partition keeps in mind, about 500 bytes each; beyond them the one that was silent for"
            + " longest is forgotten, and what it sends again is written again.");
    public static final Setting PRODUCERS_MAX = number("millrace.producers.max", 1, 100_000_000, "producers", 100_000,
            "Idempotent producers that a server keeps in mind for all partitions that it has replicas of, one counting in each and taking"
            + " about 500 bytes of the heap; beyond them those that are new to a partition are answered with 503 by its leader. At least"
            + " `millrace.log.max.producers`.");
    public static final Setting PRODUCER_ID_EXPIRATION_MS = number("millrace.producer.id.expiration.ms", 1_000,
            315_360_000_000L, "ms", 90_000_000, "How long after its last batch a partition forgets an idempotent producer; at"
            + " least an hour longer than `millrace.idempotency.expiration.ms`.");
    public static final Setting HIGH_WATERMARK_INTERVAL_MS = number(
            "millrace.replica.high.watermark.checkpoint.interval.ms", 1, 3_600_000, "ms", 5_000,
            "How often it is noted on disk up to where the partitions are committed.");
    public static final Setting TOPIC_PARTITIONS_DEFAULT = number("millrace.topic.partitions.default", 1, 10_000,
            "partitions", 1, "Partitions of a topic that is created without a number.");
    public static final Setting TOPIC_AUTO_CREATE = new Setting("millrace.topic.auto.create",
            new SettingType.Checked("true or false", List.of("true", "false")::contains), "false",
            "Whether a topic that is not there is created, with the defaults, once somebody produces or subscribes to it.");
    public static final Setting TOPIC_PARTITIONS_MAX = number("millrace.topic.partitions.max", 1, 10_000,
            "partitions", 1_000, "The most partitions that a topic may have.");
    public static final Setting BATCH_MAX_UNCOMPRESSED_BYTES = number("millrace.batch.max.uncompressed.bytes", 1024,
            1 << 30, "bytes", 16 * MIB, "The largest record batch after decompression: the bound against zip bombs.");
    public static final Setting REQUEST_MAX_BYTES = number("millrace.request.max.bytes", 1024, 1 << 30, "bytes",
            16 * MIB, "The largest request body; beyond it the answer is 413.");
    public static final Setting REQUEST_MEMORY_BYTES = number("millrace.request.memory.bytes", MIB, TIB, "bytes",
            64 * MIB,
            "Request bodies, records that were read, and answers that may be in memory at a time; beyond them the answer is"
                    + " 503, or 422 where one request alone would need more.");
    public static final Setting REQUEST_BODY_TIMEOUT_MS = number("millrace.request.body.timeout.ms", 100, 3_600_000, "ms",
            60_000, "The longest that a request's body may take to come; beyond it the answer is 408.");
    public static final Setting REQUEST_WAITING_MAX = number("millrace.request.waiting.max", 2, 10_000, "requests", 128,
            "Requests whose body is waited for at a time, each with a thread, and half of them from one address; a quarter"
            + " of both is kept for the first bytes of a body. Beyond them the answer is 503.");
    public static final Setting ANSWER_TIMEOUT_MS = number("millrace.answer.timeout.ms", 1_000, 3_600_000, "ms", 60_000,
            "The longest that a client may take over an answer, looked at after each 64 KiB, and over each of these (of what"
            + " another server answers, after and over each 16 KiB, and the waits for that server do not count): beyond it the"
            + " connection is closed, and the records of a poll are given again. Whole seconds count.");
    public static final Setting ANSWER_THREADS_MAX = number("millrace.answer.threads.max", 2, 10_000, "threads", 192,
            "Threads that write fetched records, lists and other brokers' answers to clients, which each hold one while they read;"
            + " half of them to one address. What comes beyond waits, up to 32 answers a thread; then the answer is 503.");
    public static final Setting ANSWER_GZIP = new Setting("millrace.answer.gzip",
            new SettingType.Checked("true or false", List.of("true", "false")::contains), "true",
            "Whether JSON answers of 1 KiB and more, and streams, are compressed for clients whose `Accept-Encoding` takes gzip.");
    public static final Setting STREAMS_MAX = number("millrace.streams.max", 2, 100_000, "streams", 1_000,
            "Streams of records that are open at a time, half of them to one address; beyond them the answer is 503.");
    public static final Setting STREAM_BODIES_MAX = number("millrace.stream.bodies.max", 2, 10_000, "requests", 32,
            "Requests that send their records in lines, each with a thread for as long as it does, and half of them from one address;"
                    + " beyond them the answer is 503.");
    public static final Setting STREAM_HEARTBEAT_MS = number("millrace.stream.heartbeat.ms", 100, 25_000, "ms", 10_000,
            "How often a stream says that it goes on while no record comes; also how soon it ends at the latest when its client is"
                    + " gone, or may not read any more.");
    public static final Setting STREAM_MAX_MS = number("millrace.stream.max.ms", 0, 604_800_000, "ms", 3_600_000,
            "How long a stream goes on at the most; its client asks anew from where it is. 0: for ever.");
    public static final Setting FETCH_MAX_BYTES = number("millrace.fetch.max.bytes", 1024, 1 << 30, "bytes",
            16 * MIB, "The largest `max_bytes` of a fetch, and the longest list of records that is written; a larger"
                    + " `max_bytes` is lowered to it.");
    public static final Setting FETCH_MAX_WAIT_MS = number("millrace.fetch.max.wait.ms", 0, 3_600_000, "ms", 60_000,
            "The longest `timeout` of a fetch; a longer one is lowered to it.");
    public static final Setting CLUSTER_NAME = text("millrace.cluster.name", "a name", "millrace",
            "Servers with another cluster name are not joined.");
    public static final Setting CLUSTER_HOST = text("millrace.cluster.host", "a host name or address", "127.0.0.1",
            "Where this server's cluster member listens.");
    public static final Setting CLUSTER_PORT = number("millrace.cluster.port", 1, 65_535, "", 5701,
            "The port of this server's cluster member; no other one is tried when it is in use.");
    public static final Setting CLUSTER_JOURNAL_DIR = new Setting("millrace.cluster.journal.dir",
            new SettingType.Folder(), "journal", "Where the registers (topics and their configuration) are kept, as"
            + " precious as the logs; relative ones begin at `${server.output.dir}`.");
    public static final Setting CLUSTER_LEASE_MS = number("millrace.cluster.lease.ms", 1000, 60_000, "ms", 4_000,
            "For how long after the cluster last agreed on anything a leader serves reads, and acks other than all.");
    public static final Setting REPLICATION_LAG_MAX_MS = number("millrace.replication.lag.max.ms", 500, 600_000, "ms",
            10_000, "A replica that lacks something for longer is not in sync any more.");
    public static final Setting REPLICATION_THROTTLE_BYTES = number("millrace.replication.throttle.bytes", 0, TIB,
            "bytes a second", 0, "What the replicas here that are not in sync fetch all together; 0: no bound.");
    public static final Setting LEADER_BALANCE_MS = number("millrace.leader.balance.ms", 1000, 86_400_000, "ms", 30_000,
            "How long the brokers must be the same before preferred leaders take over again.");
    public static final Setting PRODUCE_TIMEOUT_MS = number("millrace.produce.timeout.ms", 100, 600_000, "ms", 30_000,
            "How long acks=all waits for the in-sync replicas.");
    public static final Setting CLUSTER_MEMBERS = new Setting("millrace.cluster.members",
            new SettingType.Optional("host:port of every server's cluster member, separated by commas, or nothing"), "",
            "The servers of the cluster, this one included; nothing: one server alone, or found by DNS.");
    public static final Setting CLUSTER_SIZE = number("millrace.cluster.size", 0, 1_000, "servers", 0,
            "Servers that the cluster has when all are up, 1, 3 or more; 0: as many as the members that are listed. To be"
            + " given with DNS.");
    public static final Setting CLUSTER_KUBERNETES_DNS = new Setting("millrace.cluster.kubernetes.dns",
            new SettingType.Optional("a DNS name, or nothing"), "",
            "The headless service that stands for all servers in Kubernetes, instead of a list of members.");
    public static final Setting CLUSTER_SECRET = new Setting("millrace.cluster.secret",
            new SettingType.Optional("a text that is hard to guess, or nothing"), "",
            "Known to all servers of the cluster, needed with more than one; a server without it is not joined.", true);
    public static final Setting CLUSTER_SECRET_ACCEPTED = new Setting("millrace.cluster.secret.accepted",
            new SettingType.Optional("a text that is hard to guess, or nothing"), "",
            "A second secret that other servers' requests may be signed with, while the secret is changed.", true);
    public static final Setting CLUSTER_JOIN_SECRET = new Setting("millrace.cluster.join.secret",
            new SettingType.Optional("a text that is hard to guess, or nothing"), "",
            "The secret by which servers join and sign their calls to journals, which all need at all times; nothing:"
            + " `millrace.cluster.secret`. It keeps the value that"
            + " the secret had when the servers were last stopped all at once.", true);
    public static final Setting CLUSTER_SSL = new Setting("millrace.cluster.ssl",
            new SettingType.Optional("the id of an ssl element of the server's configuration, or nothing"), "",
            "What this server shows and believes when it asks servers whose `millrace.http.url` begins with https; nothing: what the"
            + " server's configuration has for outgoing connections, `defaultSSLConfig` unless it says otherwise.");
    public static final Setting BROKER_RACK = new Setting("millrace.broker.rack",
            new SettingType.Optional("a name, or nothing"), "", "Where this server stands: replicas are spread over racks.");
    public static final Setting HTTP_URL = new Setting("millrace.http.url",
            new SettingType.Optional("a URL without a slash at the end, or nothing"), "",
            "Where the other servers reach this one by HTTP; nothing: made of `millrace.http.host` and"
            + " `millrace.http.port`.");
    public static final Setting GROUP_ASSIGNOR = text("millrace.group.assignor",
            "sticky, uniform, range or the name of an application's own", "sticky",
            "How partitions are shared out in a consumer group whose consumers ask for nothing else.");
    public static final Setting CONSUMER_AUTO_OFFSET_RESET = new Setting("millrace.consumer.auto.offset.reset",
            new SettingType.Checked("latest, earliest or none", List.of("latest", "earliest", "none")::contains), "latest",
            "The `auto.offset.reset` of consumers that do not say theirs.");
    public static final Setting GROUP_MAX_SIZE = number("millrace.group.max.size", 1, 100_000, "consumers", 1_000,
            "The most consumers that a group may have; beyond them creating one is answered with 503.");
    public static final Setting GROUP_MAX_GROUPS = number("millrace.group.max.groups", 1, 1_000_000, "groups", 10_000,
            "The most groups that a server coordinates; beyond them creating a consumer of a further one is answered with 503.");
    public static final Setting GROUP_OFFSETS_RETENTION_MS = number("millrace.group.offsets.retention.ms", 1_000,
            315_360_000_000L, "ms", 604_800_000, "How long committed offsets are kept that no consumer uses any more.");
    public static final Setting GROUP_CONSUMER_IDLE_MS = number("millrace.group.consumer.idle.ms", 1_000,
            31_536_000_000L, "ms", 86_400_000, "A consumer instance that is not heard of for so long is deleted.");
    public static final Setting OFFSETS_TOPIC_PARTITIONS = number("millrace.offsets.topic.partitions", 1, 10_000,
            "partitions", 16, "Partitions of the internal topic `__consumer_offsets` when it is created, the same at all servers:"
            + " over so many leaders the groups are spread.");
    public static final Setting OFFSETS_TOPIC_REPLICATION_FACTOR = number("millrace.offsets.topic.replication.factor", 1, 100,
            "replicas", 3, "Replicas of each of them, the same at all servers; at most as many as the cluster has servers.");
    public static final Setting IDEMPOTENCY_EXPIRATION_MS = number("millrace.idempotency.expiration.ms", 60_000, 604_800_000, "ms",
            86_400_000, "How long an idempotency key is known after its request was carried out, the same at all servers; at"
            + " least an hour less than `millrace.producer.id.expiration.ms`.");
    public static final Setting IDEMPOTENCY_MAX_KEYS = number("millrace.idempotency.max.keys", 10, 10_000_000, "keys", 10_000,
            "The most idempotency keys that a partition of `__idempotency_keys` knows, one of more than 512 bytes with its answer"
            + " counting as several; beyond them requests with new keys are answered with 503.");
    public static final Setting IDEMPOTENCY_MAX_UNFINISHED = number("millrace.idempotency.max.unfinished", 1, 1_000_000, "requests",
            150, "The most requests with idempotency keys that a partition of `__idempotency_keys` knows as begun and not as carried"
            + " out, under way or failed in part, for one topic no more than it leaves free; beyond them requests with new keys are"
            + " answered with 503. All its partitions together: at most a quarter of `millrace.log.max.producers`.");
    public static final Setting IDEMPOTENCY_TOPIC_PARTITIONS = number("millrace.idempotency.topic.partitions", 1, 10_000,
            "partitions", 16, "Partitions of the internal topic `__idempotency_keys` when it is created, the same at all servers:"
            + " over so many leaders the keys are spread.");
    public static final Setting IDEMPOTENCY_TOPIC_REPLICATION_FACTOR = number("millrace.idempotency.topic.replication.factor", 1,
            100, "replicas", 3, "Replicas of each of them, the same at all servers; at most as many as the cluster has servers.");
    public static final Setting TRANSACTION_MAX_TIMEOUT_MS = number("millrace.transaction.max.timeout.ms", 1_000, 86_400_000, "ms",
            900_000, "The longest time-out that a transaction may ask for, the same at all servers: so long, and the election of"
            + " leaders, a reader of committed records is held back at most.");
    public static final Setting TRANSACTIONAL_ID_EXPIRATION_MS = number("millrace.transactional.id.expiration.ms", 60_000,
            31_536_000_000L, "ms", 604_800_000, "A transactional id that has no transaction under way and is not used for so long is"
            + " forgotten, the same at all servers.");
    public static final Setting TRANSACTION_MAX_IDS = number("millrace.transaction.max.ids", 10, 10_000_000, "ids", 10_000,
            "The most transactional ids that a partition of `__transaction_state` knows; beyond them new ones are answered with 503.");
    public static final Setting TRANSACTION_TOPIC_PARTITIONS = number("millrace.transaction.topic.partitions", 1, 10_000,
            "partitions", 16, "Partitions of the internal topic `__transaction_state` when it is created, the same at all servers:"
            + " over so many leaders the transactional ids are spread.");
    public static final Setting TRANSACTION_TOPIC_REPLICATION_FACTOR = number("millrace.transaction.topic.replication.factor", 1,
            100, "replicas", 3, "Replicas of each of them, the same at all servers; at most as many as the cluster has servers.");
    public static final Setting METRICS_TOPICS_MAX = number("millrace.metrics.topics.max", 0, 1_000_000, "topics",
            1_000, "Topics that have counters of their own in /metrics; further ones are counted as topic `*`.");
    public static final Setting METRICS_PARTITIONS_MAX = number("millrace.metrics.partitions.max", 0, 1_000_000,
            "partitions", 1_000, "Partitions that have gauges of their own in /metrics; further ones have none.");
    public static final Setting METRICS_GROUPS_MAX = number("millrace.metrics.groups.max", 0, 1_000_000, "gauges",
            1_000, "Gauges of the lag of consumer groups in /metrics, one for each partition of each; further ones have"
            + " none.");

    /** Every setting but the defaults of topic configuration, which the broker knows. */
    public static final List<Setting> CATALOGUE = List.of(BROKER_ID, HTTP_HOST, HTTP_PORT, SECURITY, LOG_DIRS, LOG_DIRS_LOST,
            LOG_QUEUE_BYTES, LOG_QUEUE_APPENDS, LOG_FLUSH_INTERVAL_MS, LOG_FILES_MAX, LOG_RETENTION_CHECK_INTERVAL_MS,
            LOG_SCRUB_INTERVAL_MS, LOG_SCRUB_BYTES, LOG_CLEANER_MEMORY_BYTES, LOG_CLEANER_BYTES, LOG_CLEANER_INTERVAL_MS,
            LOG_MAX_PRODUCERS, PRODUCERS_MAX, PRODUCER_ID_EXPIRATION_MS,
            HIGH_WATERMARK_INTERVAL_MS, TOPIC_PARTITIONS_DEFAULT,
            TOPIC_PARTITIONS_MAX, TOPIC_AUTO_CREATE, BATCH_MAX_UNCOMPRESSED_BYTES, REQUEST_MAX_BYTES, REQUEST_MEMORY_BYTES,
            REQUEST_BODY_TIMEOUT_MS, REQUEST_WAITING_MAX, ANSWER_TIMEOUT_MS, ANSWER_THREADS_MAX, ANSWER_GZIP,
            STREAMS_MAX, STREAM_BODIES_MAX, STREAM_HEARTBEAT_MS, STREAM_MAX_MS, FETCH_MAX_BYTES,
            FETCH_MAX_WAIT_MS, CLUSTER_NAME, CLUSTER_HOST, CLUSTER_PORT, CLUSTER_JOURNAL_DIR,
            CLUSTER_LEASE_MS, REPLICATION_LAG_MAX_MS, REPLICATION_THROTTLE_BYTES, LEADER_BALANCE_MS, PRODUCE_TIMEOUT_MS,
            CLUSTER_MEMBERS, CLUSTER_SIZE, CLUSTER_KUBERNETES_DNS, CLUSTER_SECRET,
            CLUSTER_SECRET_ACCEPTED, CLUSTER_JOIN_SECRET, CLUSTER_SSL, BROKER_RACK, HTTP_URL,
            CONSUMER_AUTO_OFFSET_RESET, GROUP_ASSIGNOR, GROUP_MAX_SIZE, GROUP_MAX_GROUPS,
            GROUP_OFFSETS_RETENTION_MS, GROUP_CONSUMER_IDLE_MS,
            OFFSETS_TOPIC_PARTITIONS, OFFSETS_TOPIC_REPLICATION_FACTOR, IDEMPOTENCY_EXPIRATION_MS, IDEMPOTENCY_MAX_KEYS,
            IDEMPOTENCY_MAX_UNFINISHED, IDEMPOTENCY_TOPIC_PARTITIONS, IDEMPOTENCY_TOPIC_REPLICATION_FACTOR,
            TRANSACTION_MAX_TIMEOUT_MS, TRANSACTIONAL_ID_EXPIRATION_MS, TRANSACTION_MAX_IDS, TRANSACTION_TOPIC_PARTITIONS,
            TRANSACTION_TOPIC_REPLICATION_FACTOR, METRICS_TOPICS_MAX, METRICS_PARTITIONS_MAX, METRICS_GROUPS_MAX);

    /** The first of each pair may not be larger than the second. */
    private static final List<List<Setting>> ORDERED = List.of(List.of(REQUEST_MAX_BYTES, REQUEST_MEMORY_BYTES),
            List.of(FETCH_MAX_BYTES, REQUEST_MEMORY_BYTES), List.of(TOPIC_PARTITIONS_DEFAULT, TOPIC_PARTITIONS_MAX),
            List.of(LOG_MAX_PRODUCERS, PRODUCERS_MAX));
    /**
     * How much longer than the key of a request a partition must know its producer, in ms: a request that is carried out again
     * just before its key expires takes its time, and the clocks of coordinators and leaders may differ.
     */
    private static final long KEY_MARGIN_MS = 3_600_000;

    /**
     * How many producers a partition must keep in mind for each request that may be unfinished: one that expires unfinished stays
     * in mind about as long again, while another takes its place; and clients have producers, too.
     */
    private static final int PRODUCERS_PER_UNFINISHED = 4;

    private final Map<String, String> values;
    private final Path outputFolder;

    private Settings(Map<String, String> values, Path outputFolder) {
        this.values = Map.copyOf(values);
        this.outputFolder = outputFolder;
    }

    private static Setting number(String name, long min, long max, String unit, long defaultValue, String meaning) {
        return new Setting(name, new SettingType.WholeNumber(min, max, unit), Long.toString(defaultValue), meaning);
    }

    private static Setting text(String name, String allowed, String defaultValue, String meaning) {
        return new Setting(name, new SettingType.Text(allowed), defaultValue, meaning);
    }

    /**
     * @param catalogue the settings to read
     * @param source    the value of a property, if anything sets it; asked for the server's output folder as well
     * @throws InvalidSettingsException naming every value that is not allowed
     */
    public static Settings read(List<Setting> catalogue, Function<String, Optional<String>> source) {
        Map<String, String> values = new HashMap<>();
        Set<Setting> usable = new HashSet<>();
        List<String> problems = new ArrayList<>();
        for (Setting setting : catalogue) {
            String value = source.apply(setting.name()).map(String::trim).orElse(setting.defaultValue());
            values.put(setting.name(), value);
            if (setting.type().accepts(value)) {
                usable.add(setting);
            } else {
                problems.add("%s (%s) must be %s; it is %s".formatted(setting.name(), setting.environmentName(),
                        setting.type().allowed(), setting.shown(value)));
            }
        }
        Settings settings = new Settings(values, Path.of(source.apply(OUTPUT_FOLDER).orElse("")).toAbsolutePath());
        problems.addAll(settings.contradictions(usable));
        if (!problems.isEmpty()) {
            throw new InvalidSettingsException(problems);
        }
        return settings;
    }

    private List<String> contradictions(Set<Setting> usable) {
        List<String> found = new ArrayList<>();
        for (List<Setting> pair : ORDERED) {
            Setting smaller = pair.get(0);
            Setting larger = pair.get(1);
            if (usable.containsAll(pair) && longValue(smaller) > longValue(larger)) {
                found.add("%s (%s) is %d, but must be at most %s, which is %d".formatted(smaller.name(),
                        smaller.environmentName(), longValue(smaller), larger.name(), longValue(larger)));
            }
        }
        if (usable.containsAll(List.of(IDEMPOTENCY_EXPIRATION_MS, PRODUCER_ID_EXPIRATION_MS))
                && longValue(IDEMPOTENCY_EXPIRATION_MS) + KEY_MARGIN_MS > longValue(PRODUCER_ID_EXPIRATION_MS)) {
            found.add("%s (%s) is %d, but must be at least %d, an hour more than %s (%s)".formatted(
                    PRODUCER_ID_EXPIRATION_MS.name(), PRODUCER_ID_EXPIRATION_MS.environmentName(),
                    longValue(PRODUCER_ID_EXPIRATION_MS), longValue(IDEMPOTENCY_EXPIRATION_MS) + KEY_MARGIN_MS,
                    IDEMPOTENCY_EXPIRATION_MS.name(), IDEMPOTENCY_EXPIRATION_MS.environmentName()));
        }
        if (usable.containsAll(List.of(IDEMPOTENCY_MAX_UNFINISHED, IDEMPOTENCY_TOPIC_PARTITIONS, LOG_MAX_PRODUCERS))) {
            long needed = PRODUCERS_PER_UNFINISHED * longValue(IDEMPOTENCY_MAX_UNFINISHED) * longValue(IDEMPOTENCY_TOPIC_PARTITIONS);
            if (needed > longValue(LOG_MAX_PRODUCERS)) {
                found.add("%s (%s) is %d, but must be at least %d, which is %d times %s (%s) times %s (%s)".formatted(
                        LOG_MAX_PRODUCERS.name(), LOG_MAX_PRODUCERS.environmentName(), longValue(LOG_MAX_PRODUCERS), needed,
                        PRODUCERS_PER_UNFINISHED, IDEMPOTENCY_MAX_UNFINISHED.name(), IDEMPOTENCY_MAX_UNFINISHED.environmentName(),
                        IDEMPOTENCY_TOPIC_PARTITIONS.name(), IDEMPOTENCY_TOPIC_PARTITIONS.environmentName()));
            }
        }
        if (usable.containsAll(List.of(LOG_DIRS, CLUSTER_JOURNAL_DIR))
                && folders(LOG_DIRS).contains(folder(CLUSTER_JOURNAL_DIR))) {
            found.add("%s (%s) must be a folder of its own, but %s names it too: %s".formatted(
                    CLUSTER_JOURNAL_DIR.name(), CLUSTER_JOURNAL_DIR.environmentName(), LOG_DIRS.name(),
                    folder(CLUSTER_JOURNAL_DIR)));
        }
        return found;
    }

    /** The properties among {@code present} that begin like ours but are no setting: most likely misspelt. */
    public static Set<String> unknown(List<Setting> catalogue, Iterable<String> present) {
        Set<String> known = catalogue.stream().map(Setting::name).collect(Collectors.toSet());
        Set<String> unknown = new TreeSet<>();
        present.forEach(name -> {
            if (name.startsWith(PREFIX) && !known.contains(name) && !name.startsWith(LOCAL_SCRIPT_PREFIX)) {
                unknown.add(name);
            }
        });
        return unknown;
    }

    public String text(Setting setting) {
        String value = values.get(setting.name());
        if (value == null) {
            throw new IllegalArgumentException(setting.name() + " was not read");
        }
        return value;
    }

    public long longValue(Setting setting) {
        return Long.parseLong(text(setting));
    }

    public int intValue(Setting setting) {
        return Math.toIntExact(longValue(setting));
    }

    /** Absolute; a relative one begins at the server's output folder, or else at the working directory. */
    public Path folder(Setting setting) {
        return outputFolder.resolve(text(setting)).normalize();
    }

    /** As {@link #folder}, for a setting that names several. */
    public List<Path> folders(Setting setting) {
        return SettingType.Folders.split(text(setting)).stream().map(folder -> outputFolder.resolve(folder).normalize())
                .toList();
    }
}
