"""google.pubsub.v1.Publisher: topics and publishing."""

from typing import Any

import grpc
from google.pubsub_v1 import types

from deploy.local.pubsub.catalog import Catalog
from deploy.local.pubsub.resources import check_messages, checked_topic
from deploy.local.pubsub.rpc import handlers, page
from deploy.local.pubsub.store import Store


class Publisher:
    """The service's methods; the requests and answers are those of google.pubsub_v1."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self._store, self._catalog = store, catalog

    def handler(self) -> grpc.GenericRpcHandler:
        """Return what a gRPC server needs to serve this."""
        methods: dict[str, Any] = {
            "CreateTopic": (types.Topic, types.Topic, self.create_topic),
            "GetTopic": (types.GetTopicRequest, types.Topic, self.get_topic),
            "ListTopics": (types.ListTopicsRequest, types.ListTopicsResponse, self.list_topics),
            "DeleteTopic": (types.DeleteTopicRequest, None, self.delete_topic),
            "ListTopicSubscriptions": (
                types.ListTopicSubscriptionsRequest,
                types.ListTopicSubscriptionsResponse,
                self.list_topic_subscriptions,
            ),
            "Publish": (types.PublishRequest, types.PublishResponse, self.publish),
        }
        return handlers("google.pubsub.v1.Publisher", methods)

    def create_topic(self, topic: types.Topic, context: grpc.ServicerContext) -> types.Topic:
        self._catalog.create_topic(checked_topic(topic))
        return topic

    def get_topic(self, request: types.GetTopicRequest, context: grpc.ServicerContext) -> types.Topic:
        return self._catalog.topic(request.topic)

    def list_topics(
        self, request: types.ListTopicsRequest, context: grpc.ServicerContext
    ) -> types.ListTopicsResponse:
        topics = {topic.name: topic for topic in self._catalog.topics()}
        names = [name for name in topics if name.startswith(f"{request.project}/")]
        shown, next_token = page(names, request.page_size, request.page_token)
        return types.ListTopicsResponse(topics=[topics[name] for name in shown], next_page_token=next_token)

    def delete_topic(self, request: types.DeleteTopicRequest, context: grpc.ServicerContext) -> None:
        self._catalog.delete_topic(request.topic)

    def list_topic_subscriptions(
        self, request: types.ListTopicSubscriptionsRequest, context: grpc.ServicerContext
    ) -> types.ListTopicSubscriptionsResponse:
        topic = self._catalog.topic(request.topic)
        names = [subscription.name for subscription in self._catalog.subscriptions_of(topic.name)]
        shown, next_token = page(names, request.page_size, request.page_token)
        return types.ListTopicSubscriptionsResponse(subscriptions=shown, next_page_token=next_token)

    def publish(self, request: types.PublishRequest, context: grpc.ServicerContext) -> types.PublishResponse:
        messages = list(request.messages)
        check_messages(messages)
        return types.PublishResponse(message_ids=self._store.publish(request.topic, messages))
