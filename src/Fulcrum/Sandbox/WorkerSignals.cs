using System.Runtime.InteropServices;

namespace Fulcrum.Sandbox;

/// <summary>Ignores the signals by which a terminal or a job system ends programs. They reach every process of a group,
/// but the parent decides when its workers end.</summary>
internal sealed class WorkerSignals : IDisposable
{
    private readonly PosixSignalRegistration[] ignored =
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s =>
            PosixSignalRegistration.Create(s, c => c.Cancel = true)
        ),
    ];

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(ignored, s => s.Dispose());
}
