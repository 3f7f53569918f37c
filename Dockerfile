# Fulcrum on the CPU: docker build -t fulcrum . && docker run -v "$PWD:/work" fulcrum run
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
COPY . /source
RUN /source/eng/container build /source /opt/fulcrum

FROM mcr.microsoft.com/dotnet/runtime:10.0
COPY --from=build /opt/fulcrum /opt/fulcrum
COPY eng/container /tmp/container
RUN /tmp/container install /opt/fulcrum /usr/local/bin && rm /tmp/container
USER app
WORKDIR /work
ENTRYPOINT ["fulcrum"]
