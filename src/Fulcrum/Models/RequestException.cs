namespace Fulcrum.Models;

/// <summary>One of several requests failed. The caller knows which line or item it came from and adds this to the
/// message.</summary>
/// <param name="request">The index of the request.</param>
/// <param name="cause">The failure. It gives message and exit code.</param>
internal sealed class RequestException(int request, FulcrumException cause) : FulcrumException(cause.Message, cause)
{
    /// <summary>The index of the request.</summary>
    public int Request { get; } = request;

    /// <inheritdoc/>
    public override int ExitCode { get; } = cause.ExitCode;

    /// <summary>Returns the failure with the place that the request came from.</summary>
    public FulcrumException At(string place) =>
        ExitCode == 2
            ? new InputException($"{place}: {Message}", this)
            : new FulcrumException($"{place}: {Message}", this);

    /// <summary>Runs an action for a request. A failure is thrown again with the index of the request.</summary>
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

    /// <summary>Returns the failure with the index mapped to what the request was made from.</summary>
    internal RequestException From(Func<int, int> source) => new(source(Request), cause);

    /// <summary>Awaits an answer. A failure is thrown again with the index of the request.</summary>
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
