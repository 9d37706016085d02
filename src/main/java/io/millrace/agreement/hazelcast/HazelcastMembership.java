package io.millrace.agreement.hazelcast;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastInstance;
import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** The brokers among Hazelcast's members. */
public final class HazelcastMembership implements Membership {
    private final Member self;
    private final Supplier<HazelcastInstance> hazelcast;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    public HazelcastMembership(Member self, Supplier<HazelcastInstance> hazelcast) {
        this.self = self;
        this.hazelcast = hazelcast;
    }

    @Override
    public Member self() {
        return self;
    }

    @Override
    public List<Member> live() {
        Map<Integer, Member> live = new LinkedHashMap<>();
        try {
            hazelcast.get().getCluster().getMembers().stream().filter(MemberAttributes::isBroker)
                .map(MemberAttributes::broker).forEach(member -> live.putIfAbsent(member.brokerId(), member));
        } catch (RuntimeException e) {
            live.clear();
        }
        live.put(self.brokerId(), self);
        return new ArrayList<>(live.values());
    }

    @Override
    public AutoCloseable listen(Runnable changed) {
        listeners.add(changed);
        return () -> listeners.remove(changed);
    }

    /** To be called once for each instance. */
    public void connect(HazelcastInstance instance) {
        instance.getCluster().addMembershipListener(new MembershipListener() {
            @Override
            public void memberAdded(MembershipEvent event) {
                notifyListeners();
            }

            @Override
            public void memberRemoved(MembershipEvent event) {
                notifyListeners();
            }
        });
        notifyListeners();
    }

    private void notifyListeners() {
        listeners.forEach(Runnable::run);
    }
}
