"""The parser plugins that come with insights-uploader, registered by entry point like anybody's."""
