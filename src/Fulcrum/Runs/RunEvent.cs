namespace Fulcrum.Runs;

/// <summary>An event of a run.</summary>
public abstract record RunEvent
{
    /// <summary>A stage begins.</summary>
    /// <param name="Stage">The stage's name, as <c>base</c> or <c>candidates/rank8/measure</c>.</param>
    public sealed record StageStarted(string Stage) : RunEvent;

    /// <summary>A stage was complete already.</summary>
    public sealed record StageSkipped(string Stage) : RunEvent;

    /// <summary>A stage that began has ended: it is complete, has failed or was interrupted.</summary>
    public sealed record StageEnded(string Stage) : RunEvent;

    /// <summary>A part of a stage has progressed.</summary>
    /// <param name="What">The part at work: a task, the loss.</param>
    /// <param name="Done">Units done.</param>
    /// <param name="Total">Units in all; 0 while unknown.</param>
    /// <param name="Unit">What is counted.</param>
    public sealed record Progressed(string Stage, string What, int Done, int Total, ProgressUnit Unit) : RunEvent;

    /// <summary>A note: nothing has to be done.</summary>
    public sealed record Noted(string Text) : RunEvent;

    /// <summary>A warning: the result may not be what the user expects.</summary>
    public sealed record Warned(string Text) : RunEvent
    {
        /// <summary>Whether a report finds it elsewhere, so that this process stores it with no stage: the comparison
        /// states the same in figures, or another process that does the stage stores it there.</summary>
        internal bool IsStatedElsewhere { get; init; }

        /// <summary>The text for reports, which are sent around and name no folder of this machine; null:
        /// <see cref="Text"/>.</summary>
        internal string? Kept { get; init; }
    }
}

/// <summary>What a progress counts.</summary>
public enum ProgressUnit
{
    /// <summary>Items of a task.</summary>
    Items,

    /// <summary>Optimiser steps of a training.</summary>
    Steps,

    /// <summary>Neutral texts.</summary>
    Texts,

    /// <summary>Lines of a request file.</summary>
    Requests,
}
