"""GMime reads mail and tells what it finds wrong with it.  By its library
alone, since nothing else has the warnings."""
import ctypes

P, S = ctypes.c_void_p, ctypes.c_char_p
WARNING = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int, S, P)
FUNCTIONS = {
    'g_mime_init': (None,),
    'g_mime_stream_mem_new_with_buffer': (P, S, ctypes.c_size_t),
    'g_mime_parser_new_with_stream': (P, P),
    'g_mime_parser_options_new': (P,),
    'g_mime_parser_options_set_warning_callback': (None, P, WARNING, P, P),
    'g_mime_parser_construct_message': (P, P, P),
    'g_mime_message_get_mime_part': (P, P),
    'g_mime_multipart_get_count': (ctypes.c_int, P),
    'g_mime_multipart_get_part': (P, P, ctypes.c_int),
    'g_mime_object_get_content_type': (P, P),
    'g_mime_content_type_get_mime_type': (S, P),
}


class GMime:
    """Raises OSError where there is none."""

    def __init__(self):
        lib = ctypes.CDLL('libgmime-3.0.so.0')
        for name, types in FUNCTIONS.items():
            f = getattr(lib, name)
            f.restype, f.argtypes = types[0], types[1:]
            setattr(self, name[7:], f)
        self.init()

    def type_of(self, part):
        return self.content_type_get_mime_type(
            self.object_get_content_type(part)).decode()

    def read(self, octets):
        """The types of a multipart's parts, and the warnings."""
        warnings = []

        def warn(offset, code, item, user):
            warnings.append('%d at %d: %r' % (code, offset, item))

        callback = WARNING(warn)
        options = self.parser_options_new()
        self.parser_options_set_warning_callback(options, callback, None, None)
        stream = self.stream_mem_new_with_buffer(octets, len(octets))
        message = self.parser_construct_message(
            self.parser_new_with_stream(stream), options)
        top = self.message_get_mime_part(message)
        return [self.type_of(self.multipart_get_part(top, i)) for i in
                range(self.multipart_get_count(top))], warnings
