package io.millrace.agreement.hazelcast;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import com.hazelcast.config.cp.CPSubsystemConfig;
import io.millrace.agreement.ClusterOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.UUID;

/** Hazelcast's configuration for a member of Millrace. Times are short so that a lost member is noticed in seconds. */
public final class MemberConfig {
    private static final Map<String, String> PROPERTIES = Map.ofEntries(
        Map.entry("hazelcast.phone.home.enabled", "false"),
        Map.entry("hazelcast.logging.type", ""), // the one that PlatformLoggers made
        Map.entry("hazelcast.shutdownhook.enabled", "false"),
        Map.entry("hazelcast.health.monitoring.level", "OFF"),
        Map.entry("hazelcast.socket.bind.any", "false"),
        Map.entry("hazelcast.wait.seconds.before.join", "0"),
        Map.entry("hazelcast.heartbeat.interval.seconds", "1"),
        Map.entry("hazelcast.max.no.heartbeat.seconds", "5"),
        Map.entry("hazelcast.operation.call.timeout.millis", "5000"),
        Map.entry("hazelcast.invocation.max.retry.count", "50"),
        Map.entry("hazelcast.invocation.retry.pause.millis", "100"),
        Map.entry("hazelcast.merge.first.run.delay.seconds", "5"),
        Map.entry("hazelcast.merge.next.run.delay.seconds", "5"),
        Map.entry("hazelcast.max.join.seconds", "15"),
        Map.entry("hazelcast.graceful.shutdown.max.wait", "10"));
    private static final Map<String, String> WITNESS_THREADS = Map.of(
        "hazelcast.operation.thread.count", "2",
        "hazelcast.operation.generic.thread.count", "2",
        "hazelcast.io.thread.count", "1",
        "hazelcast.event.thread.count", "1");
    private static final int JOURNAL_THREADS = 8;
    /**
     * Every member keeps old and new value of each change since the last snapshot, and of a tenth as many before it. With
     * Hazelcast's default, 10,000, those of a register of 60 KB fill 1.2 GB.
     */
    private static final int CHANGES_TO_SNAPSHOT = 200;

    private MemberConfig() {
    }

    /**
     * One member that nobody joins: CP runs in its single-member mode, which with a second member would quietly agree
     * on nothing. So the cluster's name has an ending that no other process chose. Clients find no port at all.
     *
     * @param nameEnding never used before
     */
    public static Config singleMember(ClusterOptions options, String nameEnding) {
        Config config = common(options, nameEnding, options.port());
        config.getCPSubsystemConfig().setCPMemberCount(0);
        return config;
    }

    /**
     * One broker of several. The cluster's name has an ending that only who knows the secret can tell.
     *
     * @param session of this run of the broker
     */
    public static Config broker(ClusterOptions options, String session) {
        Config config = several(options, options.port());
        config.getMemberAttributeConfig()
            .setAttribute(MemberAttributes.BROKER, Integer.toString(options.brokerId()))
            .setAttribute(MemberAttributes.SESSION, session)
            .setAttribute(MemberAttributes.URL, options.url());
        if (options.rack() != null) {
            config.getMemberAttributeConfig().setAttribute(MemberAttributes.RACK, options.rack());
        }
        return config;
    }

    /** A member without a broker or a journal, so that there are enough for the CP subsystem to form. */
    static Config witness(ClusterOptions options) {
        Config config = several(options, 0);
        config.getMemberAttributeConfig().setAttribute(MemberAttributes.WITNESS, "true");
        WITNESS_THREADS.forEach(config::setProperty);
        return config;
    }

    private static Config several(ClusterOptions options, int port) {
        Config config = common(options, MemberSecret.proof(options.secret(), options.clusterName()), port);
        config.getSerializationConfig()
            .addDataSerializableFactory(JournalCall.FACTORY_ID, type -> new JournalCall());
        config.getExecutorConfig(JournalCall.EXECUTOR).setPoolSize(JOURNAL_THREADS);
        CPSubsystemConfig cp = config.getCPSubsystemConfig();
        cp.setCPMemberCount(options.cpMembers());
        cp.setGroupSize(options.cpMembers());
        cp.setSessionTimeToLiveSeconds(10);
        cp.setSessionHeartbeatIntervalSeconds(1);
        cp.setMissingCPMemberAutoRemovalSeconds(10);
        cp.getRaftAlgorithmConfig().setLeaderElectionTimeoutInMillis(500).setLeaderHeartbeatPeriodInMillis(500)
            .setMaxMissedLeaderHeartbeatCount(4).setUncommittedEntryCountToRejectNewAppends(10_000)
            .setCommitIndexAdvanceCountToSnapshot(CHANGES_TO_SNAPSHOT);
        JoinConfig join = config.getAdvancedNetworkConfig().getJoin();
        if (options.dns() == null) {
            join.getTcpIpConfig().setEnabled(true).setConnectionTimeoutSeconds(2).setMembers(options.members());
        } else {
            join.getKubernetesConfig().setEnabled(true).setProperty("service-dns", options.dns())
                .setProperty("service-port", Integer.toString(options.port()));
        }
        return config;
    }

    private static Config common(ClusterOptions options, String nameEnding, int port) {
        Config config = new Config();
        config.setClassLoader(MemberConfig.class.getClassLoader());
        config.setClusterName(options.clusterName() + "-" + nameEnding);
        config.setInstanceName("millrace-" + options.brokerId() + "-" + UUID.randomUUID());
        PROPERTIES.forEach(config::setProperty);
        config.getMetricsConfig().setEnabled(false);
        config.getSerializationConfig().setJavaSerializationFilterConfig(new JavaSerializationFilterConfig());
        AdvancedNetworkConfig network = config.getAdvancedNetworkConfig().setEnabled(true);
        network.setMemberEndpointConfig(memberEndpoint(options.host(), port));
        JoinConfig join = network.getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getMulticastConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(false);
        return config;
    }

    private static ServerSocketEndpointConfig memberEndpoint(String host, int port) {
        ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig()
            .setPort(port).setPortAutoIncrement(false);
        endpoint.getInterfaces().setEnabled(true).addInterface(address(host).getHostAddress());
        return endpoint;
    }

    private static InetAddress address(String host) {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("the cluster's host " + host + " has no address: name one of this"
                + " machine's own", e);
        }
        if (address.isAnyLocalAddress()) {
            throw new IllegalArgumentException("the cluster's host " + host + " stands for every address of this"
                + " machine: name one of them");
        }
        return address;
    }
}
