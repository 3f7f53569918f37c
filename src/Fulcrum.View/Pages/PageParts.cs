using System.Text;
using Fulcrum.Report.Content;
using Fulcrum.Report.Elements;
using Fulcrum.Runs;

namespace Fulcrum.View.Pages;

/// <summary>Parts that several pages use.</summary>
internal static class PageParts
{
    /// <summary>The language of the pages.</summary>
    public static readonly Words Words = Words.English;

    /// <summary>Returns a page.</summary>
    /// <param name="root">The relative path from the page to the list: empty, or <c>../../</c>.</param>
    public static Markup Page(string title, string root, Markup body) =>
        Markup.Of(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title}</title>
            <link rel="stylesheet" href="{root}view.css">
            <link rel="icon" href="data:,">
            <script src="{root}view.js" defer></script>
            </head>
            <body>
            <main>
            {body}
            </main>
            </body>
            </html>

            """
        );

    /// <summary>Returns a page with an error message.</summary>
    /// <param name="root">As for <see cref="Page"/>.</param>
    public static Markup Problem(string root, string message) =>
        Page(
            "Fulcrum",
            root,
            Markup.Of($"<nav><a href=\"{root}./\">All runs</a></nav><h1>This cannot be shown</h1><p>{message}</p>")
        );

    /// <summary>Returns the word for the phase of a run.</summary>
    public static string Phase(RunPhase phase) =>
        phase switch
        {
            RunPhase.Complete => "complete",
            RunPhase.Running => "running",
            RunPhase.Stopped => "no progress",
            _ => "unreadable",
        };

    /// <summary>Returns the progress of a stage, with its remaining time.</summary>
    public static Markup Work(Pulse at)
    {
        string left = at.Remaining is { } seconds ? $", {Words.Duration(seconds)} left" : "";
        string count = at.Total > 0 ? $"{Words.Count(at.Done)} of {Words.Count(at.Total)} {at.Unit}" : "";
        return Markup.Of(
            $"<p>{at.Stage}: {at.What} {count}{left} "
                + $"<progress value=\"{at.Done}\" max=\"{Math.Max(1, at.Total)}\"></progress></p>"
        );
    }

    /// <summary>Returns a text that is bundled with the program.</summary>
    public static string Text(string name)
    {
        using Stream stream = typeof(PageParts).Assembly.GetManifestResourceStream(name)!;
        using StreamReader text = new(stream, Encoding.UTF8);
        return text.ReadToEnd();
    }
}
