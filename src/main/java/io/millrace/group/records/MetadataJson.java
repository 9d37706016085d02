package io.millrace.group.records;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/** What concerns a group as a whole, as JSON. */
final class MetadataJson {
    private MetadataJson() {
    }

    /** Maps are left out when they are empty. */
    public static final class Bean {
        public Long epoch;
        public String assignor;
        /** Hexadecimal. */
        public String inputs;
        public Long emptySince;
        public TreeMap<String, String> topicIds;
        public TreeMap<String, String> anew;
    }

    static Bean of(GroupValue.Metadata metadata) {
        Bean bean = new Bean();
        bean.epoch = (long) metadata.epoch();
        bean.assignor = metadata.assignor();
        bean.inputs = Long.toHexString(metadata.inputs());
        bean.emptySince = metadata.emptySinceMs();
        bean.topicIds = texts(metadata.topicIds());
        bean.anew = texts(metadata.anew());
        return bean;
    }

    /** @throws RuntimeException when it is no group */
    static GroupValue.Metadata read(Bean bean) {
        return new GroupValue.Metadata(Math.toIntExact(requireNonNull(bean.epoch, "it has no epoch")),
                requireNonNull(bean.assignor, "it has no assignor"),
                Long.parseUnsignedLong(requireNonNull(bean.inputs, "it has no inputs"), 16),
                requireNonNull(bean.emptySince, "it has no emptySince"), ids(bean.topicIds), ids(bean.anew));
    }

    private static TreeMap<String, String> texts(SortedMap<String, UUID> ids) {
        TreeMap<String, String> texts = new TreeMap<>();
        ids.forEach((topic, id) -> texts.put(topic, id.toString()));
        return texts.isEmpty() ? null : texts;
    }

    private static TreeMap<String, UUID> ids(Map<String, String> texts) {
        TreeMap<String, UUID> ids = new TreeMap<>();
        if (texts != null) {
            texts.forEach((topic, id) -> ids.put(topic, UUID.fromString(id)));
        }
        return ids;
    }
}
