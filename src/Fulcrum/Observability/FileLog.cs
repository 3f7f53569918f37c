using System.Globalization;
using System.Text;
using Fulcrum.Files;
using Microsoft.Extensions.Logging;

namespace Fulcrum.Observability;

/// <summary>A log in a file that grows: time, level and sentence, an event a line.</summary>
/// <param name="path">Created with its first line.</param>
/// <param name="least">The lowest level that is written; <see cref="LogLevel.None"/> writes nothing.</param>
internal sealed class FileLog(string path, LogLevel least) : ILogger
{
    private readonly Lock door = new();

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {Word(logLevel)} "
                + $"{OneLine(formatter(state, exception))}\n"
        );
        lock (door)
        {
            try
            {
                using FileStream file = GrowingFile.Open(path, FileShare.ReadWrite);
                file.Seek(0, SeekOrigin.End);
                file.Write(Encoding.UTF8.GetBytes(line));
            }
            catch (Exception e) when (AtomicFile.IsRefusal(e) || e is FulcrumException)
            {
                // A log that cannot be written is no reason to stop a run; what must be written says so itself.
            }
        }
    }

    // An untrusted text cannot start a new line.
    private static string OneLine(string text) => Printable.Line(text);

    private static string Word(LogLevel level) =>
        level switch
        {
            LogLevel.Information => "info",
            _ => level.ToString().ToLowerInvariant(),
        };
}
