"""Import and export."""


class FilePages:
    def file_urls(self):
        return []
