namespace Fulcrum.Models;

/// <summary>One of several requests failed; the caller knows where it came from.</summary>
/// <param name="request">Its index among the requests.</param>
/// <param name="cause">What went wrong; gives message and exit code.</param>
internal sealed class RequestException(int request, FulcrumException cause) : FulcrumException(cause.Message, cause)
{
    /// <summary>Its index among the requests.</summary>
    public int Request { get; } = request;

    /// <inheritdoc/>
    public override int ExitCode { get; } = cause.ExitCode;

    /// <summary>The same failure with the place that the request came from.</summary>
    public FulcrumException At(string place) =>
        ExitCode == 2
            ? new InputException($"{place}: {Message}", this)
            : new FulcrumException($"{place}: {Message}", this);

    /// <summary>Does something for a request, and says which one it was if it fails.</summary>
    internal static void Of(int request, Action ask)
    {
        try
        {
            ask();
        }
        catch (FulcrumException e)
        {
            throw new RequestException(request, e);
        }
    }

    /// <summary>The same failure by the index of what the request was made from.</summary>
    internal RequestException From(Func<int, int> source) => new(source(Request), cause);

    /// <summary>Waits for an answer, and says which request it belongs to if it fails.</summary>
    internal static async Task<T> Of<T>(int request, Task<T> answer)
    {
        try
        {
            return await answer;
        }
        catch (FulcrumException e)
        {
            throw new RequestException(request, e);
        }
    }
}
