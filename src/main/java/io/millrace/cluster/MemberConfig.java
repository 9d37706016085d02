package io.millrace.cluster;

import com.hazelcast.config.AdvancedNetworkConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.ServerSocketEndpointConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Map;

/** Hazelcast's configuration for a member of Millrace. Times are short so that a lost member is noticed in seconds. */
final class MemberConfig {
    private static final Map<String, String> PROPERTIES = Map.ofEntries(
        Map.entry("hazelcast.phone.home.enabled", "false"),
        Map.entry("hazelcast.logging.type", "jdk"),
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
        Map.entry("hazelcast.merge.next.run.delay.seconds", "5"));

    private MemberConfig() {
    }

    /**
     * One member that nobody joins: CP runs in its single-member mode, which with a second member would quietly agree
     * on nothing. So the cluster's name has an ending that no other process chose. Clients find no port at all.
     *
     * @param nameEnding never used before
     */
    static Config singleMember(ClusterNode.Options options, String nameEnding) {
        Config config = new Config();
        config.setClassLoader(MemberConfig.class.getClassLoader());
        config.setClusterName(options.clusterName() + "-" + nameEnding);
        config.setInstanceName("millrace-" + options.brokerId() + "-" + nameEnding);
        PROPERTIES.forEach(config::setProperty);
        config.getMetricsConfig().setEnabled(false);
        config.getSerializationConfig().setJavaSerializationFilterConfig(new JavaSerializationFilterConfig());
        config.getCPSubsystemConfig().setCPMemberCount(0);
        AdvancedNetworkConfig network = config.getAdvancedNetworkConfig().setEnabled(true);
        network.setMemberEndpointConfig(memberEndpoint(options));
        JoinConfig join = network.getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getMulticastConfig().setEnabled(false);
        join.getTcpIpConfig().setEnabled(false);
        return config;
    }

    private static ServerSocketEndpointConfig memberEndpoint(ClusterNode.Options options) {
        ServerSocketEndpointConfig endpoint = new ServerSocketEndpointConfig()
            .setPort(options.port()).setPortAutoIncrement(false);
        endpoint.getInterfaces().setEnabled(true).addInterface(address(options.host()).getHostAddress());
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
