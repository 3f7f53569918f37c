using System.Globalization;
using System.Text;
using Fulcrum.Files;
using Microsoft.Extensions.Logging;

namespace Fulcrum.Observability;

/// <summary>Writes a log to a file: one line per event with time, level and sentence.</summary>
/// <param name="path">The file; created with the first line.</param>
/// <param name="least">The lowest level that is written; <see cref="LogLevel.None"/> writes nothing.</param>
internal sealed class FileLog(string path, LogLevel least) : ILogger
{
    private readonly Lock gate = new();

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
        lock (gate)
        {
            try
            {
                using FileStream file = GrowingFile.Open(path, FileShare.ReadWrite);
                file.Seek(0, SeekOrigin.End);
                file.Write(Encoding.UTF8.GetBytes(line));
            }
            catch (Exception e) when (AtomicFile.IsRefusal(e) || e is FulcrumException)
            {
                // A run continues without its log. Files that it needs report their own errors.
            }
        }
    }

    // An untrusted text must not be able to start a new line, which would look like an event.
    private static string OneLine(string text) => Printable.Line(text);

    private static string Word(LogLevel level) =>
        level switch
        {
            LogLevel.Information => "info",
            _ => level.ToString().ToLowerInvariant(),
        };
}
