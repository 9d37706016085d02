package io.millrace.ops;

import io.millrace.agreement.ClusterOptions;
import io.millrace.broker.BrokerOptions;
import io.millrace.config.HttpSettings;
import io.millrace.config.InvalidSettingsException;
import io.millrace.config.Setting;
import io.millrace.config.SettingType;
import io.millrace.config.Settings;
import io.millrace.coordinator.CoordinatorOptions;
import io.millrace.group.GroupOptions;
import io.millrace.log.ProducerCount;
import io.millrace.log.ProducerLimits;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.config.TopicConfig;
import io.millrace.metadata.config.TopicConfigKey;
import io.millrace.metadata.topics.DescriptorRoom;
import io.millrace.metadata.topics.InternalTopic;
import io.millrace.replica.ReplicationOptions;
import io.millrace.rest.cluster.BrokerRun;
import io.millrace.rest.cluster.ClusterSecret;
import io.millrace.transaction.coordinator.TransactionOptions;
import io.millrace.transaction.idempotency.IdempotencyOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Translates settings into what the packages below are told. */
final class Configuration {
    private static final String RUNNABLE_PACKAGE_FOLDER = "wlpExtract";
    private static final String TOPIC_PREFIX = "millrace.topic.";
    /** Less than servers wait for each other's answers. */
    private static final long LONGEST_WAIT_FOR_KEY_MS = 15_000;
    /** As above. */
    private static final long LONGEST_WAIT_FOR_COORDINATOR_MS = 15_000;

    private final Settings settings;
    private final BrokerRun run;

    private Configuration(Settings settings) {
        this.settings = settings;
        this.run = new BrokerRun(settings.intValue(Settings.BROKER_ID), UUID.randomUUID().toString(), System.currentTimeMillis());
    }

    /** Every setting of the server: its own, and a default for each topic configuration key. */
    static List<Setting> catalogue() {
        List<Setting> all = new ArrayList<>(Settings.CATALOGUE);
        all.addAll(HttpSettings.ALL);
        for (TopicConfigKey key : TopicConfigKey.values()) {
            all.add(topicDefault(key));
        }
        return all;
    }

    private static Setting topicDefault(TopicConfigKey key) {
        return new Setting(TOPIC_PREFIX + key.key(), new SettingType.Checked(key.allowed(), key::accepts),
                key.defaultValue(), "Default of the topic configuration `" + key.key() + "`.");
    }

    /** @throws InvalidSettingsException naming every value that is not allowed */
    static Configuration read(Function<String, Optional<String>> source) {
        Configuration configuration = new Configuration(Settings.read(catalogue(), source));
        TopicConfig.contradiction(configuration.topicDefaults()).ifPresent(found -> {
            throw new InvalidSettingsException(List.of("the defaults of topics' configuration, " + TOPIC_PREFIX + "*: " + found));
        });
        return configuration;
    }

    Settings settings() {
        return settings;
    }

    /**
     * Folders for data that are not kept: the runnable package unpacks its server to a folder of a new name at each
     * start, and what is relative lies in there.
     */
    List<Path> notKept() {
        List<Path> folders = new ArrayList<>(settings.folders(Settings.LOG_DIRS));
        folders.add(settings.folder(Settings.CLUSTER_JOURNAL_DIR));
        folders.removeIf(folder -> StreamSupport.stream(folder.spliterator(), false).map(Path::toString)
                .noneMatch(RUNNABLE_PACKAGE_FOLDER::equals));
        return folders;
    }

    int brokerId() {
        return run.brokerId();
    }

    /** A configuration is read for one run of the server. */
    BrokerRun run() {
        return run;
    }

    /** What other brokers are known by. */
    ClusterSecret secret() {
        return new ClusterSecret(settings.text(Settings.CLUSTER_SECRET), settings.text(Settings.CLUSTER_SECRET_ACCEPTED));
    }

    /** @throws IllegalArgumentException when the settings do not make a cluster together */
    ClusterOptions cluster() {
        List<String> members = Arrays.stream(settings.text(Settings.CLUSTER_MEMBERS).split(",")).map(String::trim)
                .filter(member -> !member.isEmpty()).toList();
        String dns = textOrNull(Settings.CLUSTER_KUBERNETES_DNS);
        int size = settings.intValue(Settings.CLUSTER_SIZE);
        return new ClusterOptions(settings.text(Settings.CLUSTER_NAME), brokerId(),
                settings.text(Settings.CLUSTER_HOST), settings.intValue(Settings.CLUSTER_PORT),
                settings.folder(Settings.CLUSTER_JOURNAL_DIR), members,
                size > 0 ? size : defaultSize(members, dns), dns, joinSecret(), url(),
                textOrNull(Settings.BROKER_RACK));
    }

    /** None without the other one: requests between servers are signed by that. */
    private String joinSecret() {
        String own = textOrNull(Settings.CLUSTER_JOIN_SECRET);
        String secret = settings.text(Settings.CLUSTER_SECRET);
        return own == null || secret.isBlank() ? secret : own;
    }

    private static int defaultSize(List<String> members, String dns) {
        if (members.isEmpty() && dns != null) {
            throw new IllegalArgumentException(Settings.CLUSTER_SIZE.name() + " must say how many servers there are,"
                    + " because DNS does not");
        }
        return Math.max(1, members.size());
    }

    private String url() {
        String url = textOrNull(Settings.HTTP_URL);
        String host = settings.text(Settings.HTTP_HOST);
        if (url == null && host.equals("*") && !(settings.text(Settings.CLUSTER_MEMBERS)
                + settings.text(Settings.CLUSTER_KUBERNETES_DNS)).isEmpty()) {
            throw new IllegalArgumentException(Settings.HTTP_URL.name() + " must say where the other servers reach this"
                    + " one, because " + Settings.HTTP_HOST.name() + " stands for every address");
        }
        return url != null ? url
                : "http://" + (host.equals("*") ? "localhost" : host) + ":" + settings.intValue(Settings.HTTP_PORT);
    }

    private String textOrNull(Setting setting) {
        String value = settings.text(setting);
        return value.isEmpty() ? null : value;
    }

    /** @throws IllegalArgumentException when one is no id */
    Set<UUID> lostDirectories() {
        try {
            return Arrays.stream(settings.text(Settings.LOG_DIRS_LOST).split(",")).map(String::trim)
                    .filter(id -> !id.isEmpty()).map(UUID::fromString).collect(Collectors.toSet());
        } catch (IllegalArgumentException notAnId) {
            throw new IllegalArgumentException(Settings.LOG_DIRS_LOST.name() + " takes the ids that the refused start"
                    + " named, and nothing else: " + notAnId.getMessage(), notAnId);
        }
    }

    /** @param producers of all directories */
    LogDirectory.Options logDirectory(ProducerCount producers) {
        return new LogDirectory.Options(settings.longValue(Settings.LOG_QUEUE_BYTES),
                settings.intValue(Settings.LOG_QUEUE_APPENDS), settings.longValue(Settings.LOG_FLUSH_INTERVAL_MS), 0,
                settings.longValue(Settings.HIGH_WATERMARK_INTERVAL_MS), new ProducerLimits(
                        settings.longValue(Settings.PRODUCER_ID_EXPIRATION_MS), settings.intValue(Settings.LOG_MAX_PRODUCERS),
                        producers));
    }

    /** How many files of logs may be open at a time. */
    int openLogFiles() {
        int set = settings.intValue(Settings.LOG_FILES_MAX);
        return set > 0 ? set : Descriptors.forLogs(Descriptors.limit());
    }

    private Map<String, String> topicDefaults() {
        return Arrays.stream(TopicConfigKey.values())
                .collect(Collectors.toMap(TopicConfigKey::key, key -> settings.text(topicDefault(key))));
    }

    BrokerOptions broker() {
        return new BrokerOptions(brokerId(), settings.intValue(Settings.TOPIC_PARTITIONS_DEFAULT),
                settings.intValue(Settings.TOPIC_PARTITIONS_MAX), topicDefaults(),
                settings.intValue(Settings.BATCH_MAX_UNCOMPRESSED_BYTES),
                settings.longValue(Settings.LOG_RETENTION_CHECK_INTERVAL_MS),
                new ReplicationOptions(nanos(Settings.REPLICATION_LAG_MAX_MS), nanos(Settings.CLUSTER_LEASE_MS),
                        nanos(Settings.LEADER_BALANCE_MS), nanos(Settings.PRODUCE_TIMEOUT_MS),
                        settings.longValue(Settings.REPLICATION_THROTTLE_BYTES),
                        ReplicationOptions.AHEAD_BYTES),
                new DescriptorRoom(Descriptors::limit, Descriptors::left));
    }

    GroupOptions groups() {
        return new GroupOptions(settings.text(Settings.GROUP_ASSIGNOR), settings.intValue(Settings.GROUP_MAX_SIZE),
                settings.intValue(Settings.GROUP_MAX_GROUPS),
                settings.longValue(Settings.GROUP_OFFSETS_RETENTION_MS),
                settings.longValue(Settings.GROUP_CONSUMER_IDLE_MS), settings.longValue(Settings.FETCH_MAX_WAIT_MS),
                settings.longValue(Settings.LEADER_BALANCE_MS));
    }

    /** The topic of what groups commit, as it is created on demand. */
    InternalTopic offsetsTopic() {
        return new InternalTopic(InternalTopic.OFFSETS, settings.intValue(Settings.OFFSETS_TOPIC_PARTITIONS),
                Math.min(settings.intValue(Settings.OFFSETS_TOPIC_REPLICATION_FACTOR), cluster().size()));
    }

    IdempotencyOptions idempotency() {
        return new IdempotencyOptions(settings.longValue(Settings.IDEMPOTENCY_EXPIRATION_MS),
                settings.intValue(Settings.IDEMPOTENCY_MAX_KEYS), settings.intValue(Settings.IDEMPOTENCY_MAX_UNFINISHED),
                Math.min(LONGEST_WAIT_FOR_KEY_MS, settings.longValue(Settings.PRODUCE_TIMEOUT_MS)),
                settings.longValue(Settings.LEADER_BALANCE_MS));
    }

    /** The topic of idempotency keys, as it is created on demand. */
    InternalTopic idempotencyTopic() {
        return new InternalTopic(InternalTopic.IDEMPOTENCY_KEYS, settings.intValue(Settings.IDEMPOTENCY_TOPIC_PARTITIONS),
                Math.min(settings.intValue(Settings.IDEMPOTENCY_TOPIC_REPLICATION_FACTOR), cluster().size()));
    }

    TransactionOptions transactions() {
        return new TransactionOptions(settings.intValue(Settings.TRANSACTION_MAX_TIMEOUT_MS),
                settings.longValue(Settings.TRANSACTIONAL_ID_EXPIRATION_MS), settings.intValue(Settings.TRANSACTION_MAX_IDS));
    }

    /** The topic of transactional ids, as it is created on demand. */
    InternalTopic transactionTopic() {
        return new InternalTopic(InternalTopic.TRANSACTIONS, settings.intValue(Settings.TRANSACTION_TOPIC_PARTITIONS),
                Math.min(settings.intValue(Settings.TRANSACTION_TOPIC_REPLICATION_FACTOR), cluster().size()));
    }

    /** How long a coordinator is asked for, in ms. */
    long transactionPatienceMs() {
        return Math.min(LONGEST_WAIT_FOR_COORDINATOR_MS, settings.longValue(Settings.PRODUCE_TIMEOUT_MS));
    }

    CoordinatorOptions coordinators() {
        return new CoordinatorOptions(CoordinatorOptions.MAX_WAITING, nanos(Settings.PRODUCE_TIMEOUT_MS));
    }

    private long nanos(Setting milliseconds) {
        return TimeUnit.MILLISECONDS.toNanos(settings.longValue(milliseconds));
    }
}
