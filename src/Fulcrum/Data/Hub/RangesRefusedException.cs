namespace Fulcrum.Data.Hub;

/// <summary>The server sends only whole files, or other ranges than requested.</summary>
internal sealed class RangesRefusedException : Exception;
